/** Runs timer functions by their schedules, in UTC. */
import { Cron } from 'croner'
import type { Invocations } from './invocations.ts'
import type { LocalFunction } from './localFunction.ts'
import type { WriteLog } from './log.ts'
import { cronOptions } from './ncrontab.ts'
import type { RpcData } from './rpc.ts'

export type Timers = { stop(): void }

/** What a timer trigger receives; this host keeps no schedule monitor, so nothing is ever past due. */
export const timerData: RpcData = { json: '{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}' }

/**
 * Schedules each timer function, and runs those with runOnStartup once now. As with Azure's singleton lock, a tick that comes
 * while the function's previous tick still runs is left out, not made up for. Invocations by hand do not count as ticks.
 */
export function startTimers(functions: LocalFunction[], invocations: Invocations, log: WriteLog): Timers {
  const jobs = functions.map((fn) => startTimer(fn, invocations, log))
  return { stop: () => jobs.forEach((job) => job?.stop()) }
}

function startTimer(fn: LocalFunction, invocations: Invocations, log: WriteLog): Cron | undefined {
  if (fn.trigger.kind !== 'timer') return undefined
  const onOverlap = () =>
    log('warning', 'a tick was left out: the previous invocation still runs', { functionName: fn.name })
  const job = new Cron(fn.trigger.schedule, { ...cronOptions, protect: onOverlap }, async () => {
    await invocations.run(fn, timerData)
  })
  // Through croner, so that the first tick cannot overlap it.
  if (fn.trigger.runOnStartup) void job.trigger()
  return job
}
