/** What the trace of a decision is made of. Pure type. */

/** One rule of the decision table that was asked, with its inputs and answer: what *explain* shows. */
export interface TraceLine {
  readonly row: number
  readonly rule: string
  readonly fits: boolean
  readonly inputs: Readonly<Record<string, string | number | boolean | null>>
}
