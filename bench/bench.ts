/** What a bench gives: rows for people, figures that must be reached. */

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the figure must be, in words. */
  readonly goal: string
  readonly isReached: boolean
}

export interface BenchResult {
  readonly rows: readonly Readonly<Record<string, string | number>>[]
  readonly figures: readonly Figure[]
  /** Printed below. */
  readonly text?: string
}

interface BenchOptions {
  /** How many EAS records, where the bench can be made larger or smaller. */
  readonly records?: number
  /** How often each thing is measured; medians count. */
  readonly rounds?: number
  /** Sessions of the relay, for each of which commands are counted. */
  readonly parallel?: readonly number[]
  /** Files of the bench `cost`: what was counted before, where to write what is counted, and the inputs. */
  readonly counts?: string
  readonly save?: string
  readonly inputs?: string
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>

/** Milliseconds that the call took. */
export async function timed(call: () => unknown): Promise<number> {
  const start = performance.now()
  await call()
  return performance.now() - start
}

export function median(numbers: readonly number[]): number {
  return [...numbers].toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

export function round(number: number, digits = 0): number {
  return Number(number.toFixed(digits))
}
