/** Imports the built app by path, with the stand-in core in place, and answers what it registered. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installFunctionsCore, type Registered } from './functionsCore.ts'
import { HostError } from './hostError.ts'
import { errorText, type WriteLog } from './log.ts'
import type { HookCallback, HookName, ProgrammingModel } from './rpc.ts'

export type LoadedApp = { model: ProgrammingModel; functions: Registered[]; hooks: Map<HookName, HookCallback[]> }

/**
 * Loads the app. Where Microsoft's worker hides a broken entry file (it answers success with zero functions), this throws
 * HostError: entry file missing or throwing, a name used twice, nothing registered, HTTP streaming switched on.
 */
export async function loadApp(appPath: string, log: WriteLog): Promise<LoadedApp> {
  const path = resolve(appPath)
  if (!existsSync(path)) throw new HostError(`the app ${path} does not exist; build it first (npm run build)`)
  const registry = installFunctionsCore(log)
  await importEntry(path)
  registry.close()
  const model = registry.model()
  if (!model || registry.functions.length === 0) {
    throw new HostError(
      `the app ${path} registered no function while it was loading; call app.http, app.timer or app.storageQueue at its top level`,
    )
  }
  const capabilities = await model.getCapabilities({})
  if (capabilities['HttpUri'] !== undefined) {
    throw new HostError(
      'the app switches HTTP streaming on (app.setup enableHttpStream); easgate does without, and so does this host',
    )
  }
  return { model, functions: registry.functions, hooks: registry.hooks }
}

async function importEntry(path: string): Promise<void> {
  try {
    await import(pathToFileURL(path).href)
  } catch (thrown) {
    if (thrown instanceof HostError) throw thrown
    throw new HostError(
      `the app ${path} throws while it is loading; in Azure it would start with no function. ${errorText(thrown)}`,
    )
  }
}
