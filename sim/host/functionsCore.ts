/**
 * Puts a stand-in for `@azure/functions-core`, the module by which `@azure/functions` finds its runtime, in place.
 * Must run before anything imports the app: the library looks once and remembers a miss for good.
 */
import Module from 'node:module'
import { HostError } from './hostError.ts'
import type { FunctionCallback, FunctionMetadata, HookCallback, HookName, Level, ProgrammingModel } from './rpc.ts'
import type { WriteLog } from './log.ts'

export type Registered = { metadata: FunctionMetadata; callback: FunctionCallback }

/** What the app registered. `close` ends registration: as in Azure, whatever comes later does not exist. */
export type Registry = {
  functions: Registered[]
  hooks: Map<HookName, HookCallback[]>
  model(): ProgrammingModel | undefined
  close(): void
}

const coreId = '@azure/functions-core'

/**
 * Answers `require('@azure/functions-core')` from now on, in this process, and collects what the app registers.
 *
 * Of the three ways that work (wrapping `Module.prototype.require`, a stub package on NODE_PATH, `module.registerHooks`) it takes
 * the first: Microsoft's worker does the same, so what is found here is found there; it needs no file and no environment
 * variable set before the process starts, and it works on every Node (`registerHooks` needs 22.15).
 */
export function installFunctionsCore(log: WriteLog): Registry {
  const collected = collect(log)
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const original = Module.prototype.require
  Module.prototype.require = function require(this: Module, id: string): unknown {
    return id === coreId ? collected.core : Reflect.apply(original, this, [id])
  }
  return collected.registry
}

function collect(log: WriteLog) {
  const functions: Registered[] = []
  const hooks = new Map<HookName, HookCallback[]>()
  let model: ProgrammingModel | undefined
  let open = true
  const core = {
    setProgrammingModel: (given: ProgrammingModel) => {
      model = given
    },
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      if (open) addFunction(functions, { metadata, callback })
      else
        log(
          'error',
          `function "${metadata.name}" was registered after start-up: Azure does not see it, neither does this host`,
        )
      return { dispose: () => undefined }
    },
    registerHook: (name: HookName, callback: HookCallback) => {
      const list = hooks.get(name) ?? []
      hooks.set(name, [...list, callback])
      return { dispose: () => hooks.set(name, hooks.get(name)?.filter((one) => one !== callback) ?? []) }
    },
    log: (level: Level, _category: string, message: string) => log(level, message),
  }
  const registry: Registry = { functions, hooks, model: () => model, close: () => void (open = false) }
  return { core, registry }
}

/** Azure compares function names without regard to case, and one name used twice silently leaves the app with no function at all. */
function addFunction(functions: Registered[], added: Registered): void {
  const name = added.metadata.name
  if (functions.some((one) => one.metadata.name.toLowerCase() === name.toLowerCase())) {
    throw new HostError(
      `two functions are named "${name}": in Azure the whole app would start with no function; rename one`,
    )
  }
  functions.push(added)
}
