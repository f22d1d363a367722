/** Step: this machine's clock agrees with the service's: tokens and signed batches carry times. */
import { limits } from '../../protocol/messages.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'
import { answered } from './dialNamespace.ts'

export async function checkClock(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const before = context.now()
  const { headers } = await answered(known(context, 'network'), signal)
  const after = context.now()
  const theirs = Date.parse(headers.date ?? '')
  if (Number.isNaN(theirs)) return warning('the answer of the namespace carries no time to compare with')
  // Their header has whole seconds, cut off.
  const differenceMs = Math.round((before + after) / 2 - (theirs + 500))
  const seconds = Math.round(Math.abs(differenceMs) / 1000)
  if (Math.abs(differenceMs) <= limits.clockSkewMs) return good(`the clock differs from the service's by ${seconds} s`)
  const direction = differenceMs > 0 ? 'ahead of' : 'behind'
  return bad(
    `this machine's clock is ${seconds} s ${direction} the service's; ${limits.clockSkewMs / 1000} s are tolerated`,
    'Set the clock (w32tm /resync); Kerberos, tokens and signed batches fail otherwise.',
  )
}
