/** The development host, put together: HTTP server, timers and queues around one loaded app; and how it stops. */
import { setTimeout as delay } from 'node:timers/promises'
import type { HostSettings } from './hostJson.ts'
import { startHttp } from './httpServer.ts'
import { Invocations, type SendOutputs } from './invocations.ts'
import type { LoadedApp } from './loadApp.ts'
import type { LocalFunction, QueueTarget } from './localFunction.ts'
import type { WriteLog } from './log.ts'
import { QueuePoller } from './queuePoller.ts'
import { queueOpener, sendOutputs, type OpenQueue } from './queues.ts'
import { startTimers } from './timers.ts'

export type HostOptions = {
  app: LoadedApp
  functions: LocalFunction[]
  settings: HostSettings
  port: number
  pollMs: number
  visibilityMs: number
  key: string | undefined
  log: WriteLog
}

export type RunningHost = {
  port: number
  /** Takes nothing new, waits for what runs (at most `limitMs`) and answers how many invocations were still running. */
  stop(limitMs: number): Promise<number>
}

/** Starts everything; resolves when requests, ticks and messages are served. HostError when storage or the port is not to be had. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const { app, functions, settings, log, key } = options
  const openQueue = queueOpener()
  const send: SendOutputs = (fn, response) => sendOutputs(openQueue, settings.queues.messageEncoding, fn, response)
  const invocations = new Invocations({ app, functionTimeoutMs: settings.functionTimeoutMs, sendOutputs: send, log })
  const pollers = await makePollers(options, invocations, openQueue)

  await invocations.runAppHooks('appStart')
  const http = await startHttp({ functions, invocations, key, log }, options.port)
  // As `func start` does: the app may make links to itself
  process.env['WEBSITE_HOSTNAME'] ??= `127.0.0.1:${http.port}`
  for (const poller of pollers) poller.start()
  const timers = startTimers(functions, invocations, log)

  const stop = async (limitMs: number): Promise<number> => {
    timers.stop()
    const closed = Promise.all([http.close(), ...pollers.map((poller) => poller.stop())])
    await Promise.race([closed.then(() => invocations.idle()), delay(limitMs)])
    await invocations.runAppHooks('appTerminate')
    return invocations.running
  }
  return { port: http.port, stop }
}

async function makePollers(
  options: HostOptions,
  invocations: Invocations,
  openQueue: OpenQueue,
): Promise<QueuePoller[]> {
  const making = options.functions.map(async (fn) => {
    if (fn.trigger.kind !== 'queue') return []
    return [await makePoller(fn, fn.trigger.target, options, invocations, openQueue)]
  })
  return (await Promise.all(making)).flat()
}

async function makePoller(
  fn: LocalFunction,
  target: QueueTarget,
  options: HostOptions,
  invocations: Invocations,
  openQueue: OpenQueue,
): Promise<QueuePoller> {
  const { settings, visibilityMs, pollMs, log } = options
  const poisonName = target.queueName.endsWith('-poison') ? undefined : `${target.queueName}-poison`
  const queue = await openQueue(target)
  const poison = poisonName === undefined ? undefined : await openQueue({ ...target, queueName: poisonName })
  return new QueuePoller({ fn, queue, poison, settings: settings.queues, visibilityMs, invocations, log }, pollMs)
}
