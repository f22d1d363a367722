/**
 * Microsoft's own Node worker, where somebody has it: EASGATE_NODE_WORKER names a built checkout of azure-functions-nodejs-worker
 * (npm ci, npm run build). This plays the Functions host towards it, over gRPC.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'

export const workerFolder = process.env['EASGATE_NODE_WORKER']

/** A message of FunctionRpc.proto, as far as it is looked at; names in camelCase. */
export type Message = Readonly<Record<string, unknown>>

export interface NodeWorker {
  /** Sends the one content of a message, and gives the content of this name that comes back. */
  ask(name: string, content: object, answer: string): Promise<Message>
  /** Lines that functions wrote. */
  readonly logged: string[]
  stop(): Promise<void>
}

interface Stream {
  write(message: object): void
  on(event: 'data', listener: (message: Message) => void): void
  on(event: 'error', listener: (error: Error) => void): void
}

/** Of grpc-js, which comes with the worker. */
interface Grpc {
  readonly Server: new () => {
    addService(service: unknown, handlers: { EventStream: (stream: Stream) => void }): void
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void
    start(): void
    forceShutdown(): void
  }
  readonly ServerCredentials: { createInsecure(): unknown }
}
interface ProtoLoader {
  fromJSON(json: object, options: object): Readonly<Record<string, unknown>>
}

const maxMessage = String(128 * 1024 * 1024)

/** Resolves when the worker has opened its stream. */
export async function startNodeWorker(folder: string, node: string, env: NodeJS.ProcessEnv): Promise<NodeWorker> {
  // Its packages, not ours
  const ofWorker = createRequire(path.join(folder, 'package.json'))
  const { Server, ServerCredentials } = ofWorker('@grpc/grpc-js') as Grpc
  const loader = ofWorker('@grpc/proto-loader') as ProtoLoader
  const proto = ofWorker('./dist/azure-functions-language-worker-protobuf/src/rpc.js') as object
  const definition = loader.fromJSON(proto, { objects: true, defaults: true, oneofs: true })
  const server = new Server()
  const opened = new Promise<Stream>((resolve) =>
    server.addService(definition['AzureFunctionsRpcMessages.FunctionRpc'], { EventStream: resolve }),
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  server.start()
  const ids = ['--functions-worker-id', 'worker', '--functions-request-id', 'start']
  const args = ['--functions-uri', `http://127.0.0.1:${port}/`, '--functions-grpc-max-message-length', maxMessage]
  const child = spawn(node, [path.join(folder, 'dist/src/nodejsWorker.js'), ...args, ...ids], { env, stdio: 'pipe' })
  const said: string[] = []
  child.stdout.on('data', (text: Buffer) => said.push(text.toString()))
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the worker ended:\n${said.join('')}`)))
  ended.catch(() => undefined)
  const stream = await Promise.race([opened, ended])
  const { ask, logged } = conversation(stream, ended)
  return {
    ask,
    logged,
    async stop() {
      child.kill('SIGKILL')
      await ended.catch(() => undefined)
      server.forceShutdown()
    },
  }
}

function conversation(stream: Stream, ended: Promise<never>): Pick<NodeWorker, 'ask' | 'logged'> {
  const logged: string[] = []
  const waiting = new Map<string, (message: Message) => void>()
  // A worker that is killed breaks its stream
  stream.on('error', () => undefined)
  stream.on('data', (message) => {
    const content = String(message['content'])
    const { message: text } = (message['rpcLog'] ?? {}) as { message?: string }
    if (text !== undefined) logged.push(text)
    waiting.get(content)?.(message[content] as Message)
    waiting.delete(content)
  })
  const ask = (name: string, content: object, answer: string) => {
    const answered = new Promise<Message>((resolve) => waiting.set(answer, resolve))
    stream.write({ requestId: name, [name]: content })
    return Promise.race([answered, ended])
  }
  return { ask, logged }
}
