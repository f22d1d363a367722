/** One runspace of the module: a shell of Exchange, opened when first needed and anew after it broke; runs one pipeline at a time. */
import type { ExchangeClient } from './exchangeClient.ts'
import { toFailure, type Failure } from './failure.ts'
import { Pipeline } from './pipeline.ts'

/** `connection` of the module's settings, as far as a simulated Exchange has a use for it. */
export interface Connection {
  readonly server?: string
  readonly account?: { readonly user: string }
  readonly viewEntireForest?: boolean
}

export interface RunspaceOptions {
  readonly client: ExchangeClient
  readonly connection: Connection
  readonly onOutput: (pipeline: Pipeline) => void
  readonly onChildFault: (fault: string) => void
}

export class Runspace {
  readonly #options: RunspaceOptions
  #shell: string | undefined
  #isOpening = false
  /** The server that the shell is on. */
  server: string | undefined

  constructor(options: RunspaceOptions) {
    this.#options = options
  }

  /** Open, or being opened. */
  get isOpen(): boolean {
    return this.#shell !== undefined || this.#isOpening
  }

  /** Opens the shell unless it is open; the failure, when there is none to be had. */
  async open(): Promise<Failure | undefined> {
    if (this.#shell !== undefined) return undefined
    this.#isOpening = true
    const failure = await this.#connect()
    this.#isOpening = false
    return failure
  }

  async #connect(): Promise<Failure | undefined> {
    const { client, connection } = this.#options
    try {
      const opened = await client.openShell(connection.account?.user ?? 'svc', connection.server)
      if (opened.error) return toFailure(opened.error)
      this.#shell = opened.shell
      this.server = opened.server
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return { category: 'sessionBroken', message: `Connecting to Exchange failed: ${why}` }
    }
    return connection.viewEntireForest ? this.#prepare() : undefined
  }

  // A session that cannot see the whole forest would give lists that lack mailboxes: it is not used.
  async #prepare(): Promise<Failure | undefined> {
    const request = { key: '', cmdlet: 'Set-ADServerSettings', parameters: { ViewEntireForest: true }, returns: [] }
    const failure = await this.run(new Pipeline(request))
    if (failure) await this.close()
    return failure
  }

  /** Runs the pipeline's command once; how it failed, if it did. */
  async run(pipeline: Pipeline): Promise<Failure | undefined> {
    const { client, onOutput, onChildFault } = this.#options
    const { cmdlet, parameters, returns } = pipeline.request
    const running = client.invoke(
      { shell: this.#shell, cmdlet, parameters, returns },
      {
        onRow: (json) => {
          pipeline.addRow(json)
          onOutput(pipeline)
        },
        onWarning: (text) => pipeline.warnings.push(text),
        onChildFault,
      },
    )
    pipeline.flow = running
    pipeline.stop = running.abort
    const ended = await running.ended
    pipeline.stop = () => {}
    if (ended.kind === 'ended') return ended.error && toFailure(ended.error)
    return { category: 'sessionBroken', message: 'The connection to Exchange ended in the middle of an answer.' }
  }

  /** A cmdlet of the module's own: its first row. */
  async ask(cmdlet: string, parameters: object, returns: string[]): Promise<Record<string, unknown> | undefined> {
    let first: Record<string, unknown> | undefined
    const listener = { onRow: (json: string) => (first ??= JSON.parse(json)), onWarning: ignore, onChildFault: ignore }
    await this.#options.client.invoke({ shell: this.#shell, cmdlet, parameters, returns }, listener).ended
    return first
  }

  async close(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (shell !== undefined) await this.#options.client.closeShell(shell)
  }
}

function ignore(): void {}
