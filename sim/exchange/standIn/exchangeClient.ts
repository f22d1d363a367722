/** The stand-in's way to the simulated Exchange: shells, and cmdlets whose rows arrive as a stream. */
import { Agent, request, type IncomingMessage } from 'node:http'
import type { WireError } from '../cmdletError.ts'

/** What a cmdlet's answer consists of, as it arrives. `onRow` gets the row's JSON text. */
export interface Listener {
  readonly onRow: (json: string) => void
  readonly onWarning: (text: string) => void
  /** A simulated fault of the shell process itself. */
  readonly onChildFault: (fault: string) => void
}

/** broken: the connection ended without the last line. */
export type Ended = { readonly kind: 'ended'; readonly error?: WireError } | { readonly kind: 'broken' }

export interface OpenedShell {
  readonly shell?: string
  readonly server?: string
  readonly error?: WireError
}

export interface Running {
  readonly ended: Promise<Ended>
  readonly pause: () => void
  readonly resume: () => void
  readonly abort: () => void
}

export class ExchangeClient {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** Opens a shell; an object with `error` when Exchange refuses. Throws when Exchange cannot be reached. */
  async openShell(account: string, server: string | undefined): Promise<OpenedShell> {
    return JSON.parse(await this.#text('POST', '/shells', JSON.stringify({ account, server })))
  }

  async closeShell(shell: string): Promise<void> {
    await this.#text('DELETE', `/shells/${shell}`, '').catch(() => {})
  }

  invoke(body: object, listener: Listener): Running {
    const outgoing = this.#request('POST', '/invoke')
    let incoming: IncomingMessage | undefined
    let isPaused = false
    const ended = new Promise<Ended>((resolve) => {
      outgoing.once('error', () => resolve({ kind: 'broken' }))
      outgoing.once('response', (response) => {
        incoming = response
        readAnswer(response, listener, resolve)
        if (isPaused) response.pause()
      })
    })
    outgoing.end(JSON.stringify(body))
    return {
      ended,
      pause: () => void ((isPaused = true), incoming?.pause()),
      resume: () => void ((isPaused = false), incoming?.resume()),
      abort: () => void outgoing.destroy(),
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #request(method: string, path: string) {
    return request(`${this.#url}${path}`, { method, agent: this.#agent })
  }

  #text(method: string, path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(method, path)
      outgoing.once('error', reject)
      outgoing.once('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.once('end', () => resolve(text)).once('error', reject)
      })
      outgoing.end(body)
    })
  }
}

function readAnswer(response: IncomingMessage, listener: Listener, resolve: (ended: Ended) => void): void {
  let rest = ''
  let error: WireError | undefined
  let isWhole = false
  const onLine = (line: string) => {
    if (line.startsWith('{"row":')) return listener.onRow(line.slice(7, -1))
    const told: { warning?: string; error?: WireError; child?: string; end?: true } = JSON.parse(line)
    if (told.warning !== undefined) listener.onWarning(told.warning)
    if (told.child !== undefined) listener.onChildFault(told.child)
    if (told.error) error = told.error
    if (told.end) isWhole = true
  }
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
  response.on('error', () => {})
  response.once('close', () => resolve(isWhole ? { kind: 'ended', ...(error && { error }) } : { kind: 'broken' }))
}
