/** What was asked of the simulated Exchange that changes something: every Set, New, Remove and Clear that it ran. */

export interface JournalEntry {
  /** Counts from 1. */
  readonly seq: number
  readonly at: string
  readonly cmdlet: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
  /** The reason of the error; null: done. */
  readonly error: string | null
}

const keptEntries = 100_000

export class Journal {
  #entries: JournalEntry[] = []
  #count = 0

  /** All there ever were, those that are no longer kept included. */
  get count(): number {
    return this.#count
  }

  add(entry: Omit<JournalEntry, 'seq'>): void {
    this.#count += 1
    this.#entries.push({ seq: this.#count, ...entry })
    if (this.#entries.length > 2 * keptEntries) this.#entries = this.#entries.slice(-keptEntries)
  }

  /** The entries after that sequence number. */
  since(seq: number): readonly JournalEntry[] {
    return this.#entries.filter((entry) => entry.seq > seq)
  }
}

/** Set-ADServerSettings concerns the session alone and does not count. */
export function isChange(cmdlet: string): boolean {
  return /^(Set|New|Remove|Clear)-/.test(cmdlet) && cmdlet !== 'Set-ADServerSettings'
}
