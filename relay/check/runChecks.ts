/** Runs the steps of a check in order, each bounded in time; what an earlier step showed to be in vain is not tried. */
import { setTimeout as delay } from 'node:timers/promises'
import { redact } from '../../protocol/rendezvous.ts'
import { bad, type CheckContext, type CheckResult, type CheckStep, type Finding } from './checkStep.ts'

/** Never rejects. `onResult` is called as each step ends, in order. */
export async function runChecks(
  steps: readonly CheckStep[],
  context: CheckContext,
  onResult: (result: CheckResult) => void = () => {},
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (const step of steps) {
    const missing = results.find(({ step: name, state }) => step.needs.includes(name) && !isEnough(state))
    const finding = missing ? notTried(missing) : await inTime(step, context)
    const result = { step: step.name, ...oneLine(finding) }
    results.push(result)
    onResult(result)
  }
  for (const close of context.closers.toReversed()) await Promise.resolve(close()).catch(() => {})
  return results
}

/** 0: nothing is bad and everything was tried; warnings are for a person to judge. */
export function exitCodeOf(results: readonly CheckResult[]): 0 | 1 {
  return results.every(({ state }) => isEnough(state)) ? 0 : 1
}

function isEnough(state: CheckResult['state']): boolean {
  return state === 'good' || state === 'warning'
}

function notTried({ step }: CheckResult): Finding {
  return { state: 'notTried', text: `not tried: it needs ${step}` }
}

async function inTime(step: CheckStep, context: CheckContext): Promise<Finding> {
  const over = new AbortController()
  const ended = new AbortController()
  const late = delay(step.timeoutMs, undefined, { signal: ended.signal }).then(
    () =>
      bad(`no result in ${step.timeoutMs / 1000} s`, 'Something on the way swallows what is sent: look at firewalls.'),
    () => bad('never seen'),
  )
  try {
    return await Promise.race([step.run(context, over.signal), late])
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error))
  } finally {
    ended.abort()
    over.abort()
  }
}

/** Whatever an error of others holds: one line, and no token. */
function oneLine({ state, text, remedy }: Finding): Finding {
  const clean = (said: string): string => redact(said).replace(/\s+/g, ' ').trim()
  return { state, text: clean(text), ...(remedy !== undefined && { remedy: clean(remedy) }) }
}
