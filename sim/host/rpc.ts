/**
 * The part of the undocumented surface between `@azure/functions` 4.16.5 and its host that this host speaks. Types only.
 * Measured in Microsoft's own worker; a new version of the package must be checked against it (test/sim/host).
 */

/** One value on its way in or out of a function; exactly one member is set. */
export type RpcData = {
  string?: string
  json?: string
  bytes?: Uint8Array
  int?: number
  double?: number
  http?: RpcHttp
}

export type RpcHttp = {
  method?: string
  url?: string
  headers?: Record<string, string>
  query?: Record<string, string>
  params?: Record<string, string>
  statusCode?: string
  cookies?: RpcCookie[]
  body?: RpcData | undefined
}

export type RpcCookie = {
  name: string
  value: string
  domain?: { value?: string }
  path?: { value?: string }
  expires?: { value?: { seconds: number } }
  secure?: { value?: boolean }
  httpOnly?: { value?: boolean }
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone'
  maxAge?: { value?: number }
}

/** One binding as the library registers it: the options the app gave, plus these three. */
export type Binding = { type: string; name: string; direction: 'in' | 'out' } & Record<string, unknown>

/** `$return` is the return binding; the trigger is the binding whose type ends in "Trigger". */
export type FunctionMetadata = { name: string; bindings: Record<string, Binding>; retryOptions?: unknown }

export type FunctionCallback = (...args: unknown[]) => unknown

export type Level = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'

type InvocationRequest = {
  invocationId: string
  functionId: string
  inputData: { name: string; data: RpcData }[]
  triggerMetadata: Record<string, RpcData>
}

/** What the host hands the library for one invocation; the library calls `log` and reads `state`. */
export type CoreContext = {
  invocationId: string
  metadata: FunctionMetadata
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks'
  request: InvocationRequest
  log(level: Level, category: 'user' | 'system', message: string): void
}

export type InvocationResponse = {
  returnValue?: RpcData | null
  outputData?: { name: string; data: RpcData }[]
}

export type InvocationModel = {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>
}

export type ProgrammingModel = {
  name: string
  version: string
  getCapabilities(own: Record<string, string>): Promise<Record<string, string>>
  getInvocationModel(context: CoreContext): InvocationModel
}

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log'
export type HookCallback = (context: Record<string, unknown>) => unknown
