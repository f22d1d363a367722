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
}

export type Bench = (options: { readonly records?: number }) => Promise<BenchResult>

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
