/** The faults a test or an operator can order from the simulated Graph; each says what the live service or the network did once. */
import * as z from 'zod'
import type { GraphRequest } from './request.ts'

/** Which requests: those whose address (decoded) has `path` in it, and whose page it is. `after` lets so many of them go by first; count null is for ever. */
const which = z.strictObject({
  path: z.string().optional(),
  page: z.number().int().positive().optional(),
  after: z.number().int().min(0).optional(),
  count: z.number().int().positive().nullable().optional(),
})

export const faultSchema = z.discriminatedUnion('fault', [
  /** Any error status. `retryAfter` in seconds, as a number or as a date. 410 points to the start of the delta. */
  which.extend({
    fault: z.literal('status'),
    status: z.number().int().min(300).max(599),
    code: z.string().optional(),
    retryAfter: z.number().min(0).optional(),
    asDate: z.boolean().optional(),
    /** JSON that a 401 demands of the next token (continuous access evaluation). */
    claims: z.string().optional(),
  }),
  /** The connection is reset before the answer. */
  which.extend({ fault: z.literal('reset') }),
  /** The connection is reset in the middle of the answer. */
  which.extend({ fault: z.literal('cut') }),
  /** No answer, and the connection stays. */
  which.extend({ fault: z.literal('hang') }),
  which.extend({ fault: z.literal('slow'), delayMs: z.number().int().min(0) }),
  /** 200 with half a JSON text, complete as HTTP. */
  which.extend({ fault: z.literal('malformed') }),
  /** 200 with a JSON object that is no page. */
  which.extend({ fault: z.literal('noValue') }),
  /** The link to the next page leads to another host; one is added where there is none. */
  which.extend({ fault: z.literal('foreignLink'), origin: z.url() }),
  /** The link to the next page leads to this page. */
  which.extend({ fault: z.literal('sameLink') }),
  /** This page comes once more as the next one; then the listing goes on. */
  which.extend({ fault: z.literal('repeatPage') }),
  /** This page comes empty, and in full as the next one. */
  which.extend({ fault: z.literal('emptyPage') }),
  /** A row more at the beginning of the page, of any shape. */
  which.extend({ fault: z.literal('row'), row: z.unknown() }),
])

export type Fault = z.infer<typeof faultSchema>
export type FaultName = Fault['fault']

export type Faults = {
  order: (fault: Fault) => void
  /** Forgets what has not been used up. */
  clear: () => void
  /** The first order that fits, used once. `names`: what the asker can do at all. */
  take: (request: GraphRequest, page: number, names?: readonly FaultName[]) => Fault | null
}

export function makeFaults(): Faults {
  const orders: { fault: Fault; toPass: number; left: number }[] = []
  return {
    order: (fault) =>
      void orders.push({ fault, toPass: fault.after ?? 0, left: fault.count === null ? Infinity : (fault.count ?? 1) }),
    clear: () => void (orders.length = 0),
    take: (request, page, names) => {
      const address = decodeURIComponent(`${request.url.pathname}${request.url.search}`)
      for (const order of orders) {
        const { fault } = order
        const fits = address.includes(fault.path ?? '') && page === (fault.page ?? page)
        if (!fits || order.left === 0 || names?.includes(fault.fault) === false) continue
        order.toPass -= 1
        if (order.toPass >= 0) continue
        order.left -= 1
        return fault
      }
      return null
    },
  }
}
