/** The simulator's own routes under `/_sim/`, for when it runs as its own process. Loopback only, no password. */
import * as z from 'zod'
import { faultSchema, type Faults } from './faults.ts'
import type { GraphReply } from './request.ts'
import type { RequestCounter } from './requests.ts'
import type { GraphState } from './state.ts'
import { graphPatchSchema, graphRemovalSchema } from './world.ts'

const orders = z.array(faultSchema)

/*
 *  POST   /_sim/faults     one fault or several
 *  DELETE /_sim/faults     forgets those not used up
 *  POST   /_sim/patch      merges by id; new ids are added
 *  POST   /_sim/remove     takes objects away by id
 *  GET    /_sim/requests   what was asked so far
 *  DELETE /_sim/requests   counts from zero
 */
/** 204 where it was done; 400 with the reason where the body is wrong. */
export function answerAdmin(
  route: string,
  body: unknown,
  { state, faults, counter }: { state: GraphState; faults: Faults; counter: RequestCounter },
): GraphReply {
  try {
    switch (route) {
      case 'POST /_sim/faults':
        for (const fault of orders.parse([body].flat())) faults.order(fault)
        return { status: 204 }
      case 'DELETE /_sim/faults':
        faults.clear()
        return { status: 204 }
      case 'POST /_sim/patch':
        state.patch(graphPatchSchema.parse(body))
        return { status: 204 }
      case 'POST /_sim/remove':
        state.remove(graphRemovalSchema.parse(body))
        return { status: 204 }
      case 'GET /_sim/requests':
        return { status: 200, body: counter.read() }
      case 'DELETE /_sim/requests':
        counter.clear()
        return { status: 204 }
    }
    return { status: 404, body: { error: `There is no ${route}.` } }
  } catch (thrown) {
    return { status: 400, body: { error: thrown instanceof z.ZodError ? z.prettifyError(thrown) : String(thrown) } }
  }
}
