/** One invocation through the library: the protocol that Microsoft's worker speaks, hooks included. */
import type { LoadedApp } from './loadApp.ts'
import type { LocalFunction } from './localFunction.ts'
import type { WriteLog } from './log.ts'
import type { CoreContext, FunctionCallback, HookName, InvocationResponse, Level, RpcData } from './rpc.ts'

export type HookableApp = Pick<LoadedApp, 'model' | 'hooks'>
/** Data shared by all hooks of the app, and given to each of them. */
export type AppHookData = Record<string, unknown>
export type Call = { invocationId: string; data: RpcData; triggerMetadata: Record<string, RpcData> }

/**
 * Arguments, preInvocation hooks (may replace inputs and handler), the handler, postInvocation hooks (may replace result or
 * error), response. Rejects with whatever the handler or a hook threw.
 */
export async function invoke(
  app: HookableApp,
  fn: LocalFunction,
  call: Call,
  appHookData: AppHookData,
  log: WriteLog,
): Promise<InvocationResponse> {
  const context = coreContext(app, fn, call, log)
  const model = app.model.getInvocationModel(context)
  const { context: invocationContext, inputs } = await model.getArguments()
  const shared = { hookData: {}, appHookData, invocationContext }

  context.state = 'preInvocationHooks'
  const before = { ...shared, inputs, functionCallback: fn.callback }
  await runHooks(app, 'preInvocation', before)

  context.state = 'invocation'
  const after: { result: unknown; error: unknown } & Record<string, unknown> = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  }
  try {
    after.result = await model.invokeFunction(
      invocationContext,
      before.inputs,
      before.functionCallback satisfies FunctionCallback,
    )
  } catch (thrown) {
    after.error = thrown
  }

  context.state = 'postInvocationHooks'
  await runHooks(app, 'postInvocation', after)
  // oxlint-disable-next-line typescript/only-throw-error -- handed on as the handler threw it
  if (after.error !== null && after.error !== undefined) throw after.error
  return model.getResponse(invocationContext, after.result)
}

/** Runs the hooks of one name, one after the other, on one context that each may change. */
export async function runHooks(app: HookableApp, name: HookName, context: Record<string, unknown>): Promise<void> {
  for (const hook of app.hooks.get(name) ?? []) await hook(context)
}

function coreContext(app: HookableApp, fn: LocalFunction, call: Call, log: WriteLog): CoreContext {
  const { invocationId, data, triggerMetadata } = call
  const source = { functionName: fn.name, invocationId }
  return {
    invocationId,
    metadata: fn.metadata,
    request: { invocationId, functionId: fn.name, inputData: [{ name: fn.triggerBinding, data }], triggerMetadata },
    log: (level, category, message) => {
      // Log hooks are synchronous: the worker does not wait for them either.
      const context = { level, message, category, hookData: {} }
      for (const hook of app.hooks.get('log') ?? []) void hook(context)
      log(context.level satisfies Level, context.message, source)
    },
  }
}
