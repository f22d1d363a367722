/** How the simulated EWS and Autodiscover misbehave, by a script of what the next requests get. */
import * as z from 'zod'

const times = z.int().min(1).default(1)
const ews = { on: z.literal('ews'), times }
const autodiscover = { on: z.literal('autodiscover'), times }
const either = { on: z.enum(['ews', 'autodiscover']), times }
const code = z.string().regex(/^\w+$/)
const backOffMs = z.int().min(0).optional()
/** Whether the mail leaves all the same. */
const delivers = z.boolean().default(false)

export const fault = z.discriminatedUnion('kind', [
  /** None: so that a later request of a script can be spoilt. */
  z.strictObject({ kind: z.literal('good'), ...either }),
  /** A CreateItemResponseMessage with ResponseClass Error. */
  z.strictObject({ kind: z.literal('error'), ...ews, code, message: z.string().default('It failed.'), backOffMs }),
  /** A SOAP fault with HTTP 500. */
  z.strictObject({ kind: z.literal('fault'), ...ews, code, backOffMs }),
  z.strictObject({
    kind: z.literal('status'),
    ...either,
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default('<html><body>A page of a proxy<br></body></html>'),
    delivers,
  }),
  /** Reads the request and closes the connection. */
  z.strictObject({ kind: z.literal('cut'), ...either, delivers }),
  /** Reads the request and never answers. */
  z.strictObject({ kind: z.literal('hang'), ...either, delivers }),
  z.strictObject({ kind: z.literal('redirectAddr'), ...autodiscover, address: z.string() }),
  z.strictObject({ kind: z.literal('redirectUrl'), ...autodiscover, url: z.string() }),
  /** An Error element, with HTTP 200. */
  z.strictObject({ kind: z.literal('autodiscoverError'), ...autodiscover, code: z.string() }),
])
export type Fault = z.infer<typeof fault>
export type FaultInput = z.input<typeof fault>

export class Faults {
  private script: Fault[] = []

  /** Replaces the script. Throws a ZodError. */
  set(script: readonly FaultInput[]): void {
    this.script = z.array(fault).parse(script)
  }

  /** What this request gets; undefined: a good answer. */
  next(on: Fault['on']): Fault | undefined {
    const found = this.script.find((one) => one.on === on)
    if (!found) return undefined
    if (found.times > 1) found.times -= 1
    else this.script.splice(this.script.indexOf(found), 1)
    return found.kind === 'good' ? undefined : found
  }
}
