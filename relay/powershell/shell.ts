/** One PowerShell child, until its first failure: whoever uses it throws it away then and starts another (shellHost.ts). */
import type { ChildProcess } from 'node:child_process'
import type { InvocationResult } from 'node-powershell'
import { CallPipe } from './callPipe.ts'
import { ChildFailure } from './childFailure.ts'
import {
  internalsOf,
  startChild,
  type GuardedPowerShell,
  type Internals,
  type ShellOptions,
} from './guardedPowerShell.ts'
import { killTree } from './killTree.ts'
import { withoutArguments } from './withoutArguments.ts'

/** After this much of its time is over, a call gets one more end marker on stderr; see `Shell.watch`. */
const nudgeShare = 0.5
/** Of what the child wrote to stderr, for the log; more is kept until then, so that an argument in it is found by its beginning. */
const stderrTail = 2_000
const stderrKept = 20_000

export class Shell {
  private readonly powershell: GuardedPowerShell
  private readonly internals: Internals
  private readonly child: ChildProcess
  private readonly calls = new CallPipe()
  private bytes = 0
  private stderr = ''
  private onFlood: () => void = () => {}
  private endCall: (error?: unknown) => void = () => {}
  private readonly options: ShellOptions
  private alive = true
  private busy = false

  /** Settles with the first line's call. */
  readonly started: Promise<string>
  /** Called when the child ends while no call is under way. */
  onIdleExit: () => void = () => {}

  /**
   * Starts the child and calls `firstLine` in the same turn: until its first call, node-powershell has no handler for a shell that dies or
   * does not exist. Throws a ChildFailure when not even that can be tried.
   */
  constructor(options: ShellOptions, firstLine: string, timeoutMs: number) {
    this.options = options
    this.powershell = startChild({ ...options, env: { ...options.env, EASGATE_CALLS: this.calls.name } })
    this.internals = internalsOf(this.powershell)
    this.child = this.internals.process
    this.internals.exitPromise.then(
      () => this.endCall(),
      (error: unknown) => this.endCall(error),
    )
    this.child.once('exit', () => this.onExit())
    this.child.on('error', () => this.end())
    const { stdin, stdout, stderr } = this.powershell.streams
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})
    stdout.on('data', (chunk: string) => this.count(chunk.length))
    stderr.on('data', (chunk: string) => {
      this.stderr = (this.stderr + chunk).slice(-stderrKept)
      this.count(chunk.length)
    })
    this.started = this.invoke(firstLine, timeoutMs)
  }

  get isAlive(): boolean {
    return this.alive
  }

  get pid(): number | undefined {
    return this.child.pid
  }

  /**
   * Sends one line and returns what it printed on stdout. Throws a ChildFailure when the child ended, said nothing for `timeoutMs`, or
   * printed more than maxReplyBytes; the child is dead afterwards.
   */
  async invoke(line: string, timeoutMs: number): Promise<string> {
    if (this.busy || /[\r\n]/.test(line)) throw new Error('a shell takes one line at a time')
    this.busy = true
    this.bytes = 0
    const watch = this.watch(timeoutMs)
    this.renewExitPromise()
    try {
      const result = await Promise.race([this.powershell.invoke(line), watch.failed])
      return this.replyOf(result)
    } catch (error) {
      this.kill()
      throw error instanceof ChildFailure ? error : this.failure(error)
    } finally {
      watch.stop()
      this.powershell.history.length = 0
      this.busy = false
    }
  }

  /** Ends the wait of a step that is under way. */
  call(step: number): void {
    this.calls.call(step)
  }

  /** Ends the child and all that it started, at once. */
  kill(): void {
    this.end()
    if (this.child.pid !== undefined && this.child.exitCode === null) killTree(this.child.pid)
  }

  private renewExitPromise(): void {
    const promise = new Promise<void>((resolve, reject) => {
      this.endCall = (error) => (error === undefined ? resolve() : reject(error))
    })
    promise.catch(() => {})
    this.internals.exitPromise = promise
  }

  private onExit(): void {
    const wasAlive = this.alive
    this.end()
    if (wasAlive && !this.busy) this.onIdleExit()
  }

  private end(): void {
    this.alive = false
    this.calls.close()
  }

  private replyOf(result: InvocationResult): string {
    if (result.stdout) return result.stdout.toString('utf8')
    throw new ChildFailure('exit', 'the PowerShell child ended before it had answered', this.stderrText())
  }

  private failure(cause: unknown): ChildFailure {
    const { pid, exitCode, signalCode } = this.child
    if (pid === undefined) {
      const message = `${this.options.executable} cannot be started; check powershell.executable in the relay's configuration`
      return new ChildFailure('missing', message, '', { cause })
    }
    const how = exitCode === null ? `signal ${signalCode}` : `exit code ${exitCode}`
    const message = `the PowerShell child ended with ${how} before it had answered`
    return new ChildFailure('exit', message, this.stderrText(), { cause })
  }

  /**
   * The call's own timer. Halfway it writes the end marker to stderr once more: node-powershell misses a marker that anything follows in
   * the same chunk, so one stray line of a native library would otherwise cost the child.
   */
  private watch(timeoutMs: number): { failed: Promise<never>; stop: () => void } {
    const { promise: failed, reject } = withReject()
    const fail = (kind: 'hang' | 'flood', message: string) => reject(new ChildFailure(kind, message, this.stderrText()))
    const nudge = setTimeout(() => this.nudge(), timeoutMs * nudgeShare)
    const hang = setTimeout(() => fail('hang', `the PowerShell child gave no answer in ${timeoutMs} ms`), timeoutMs)
    const limit = this.options.maxReplyBytes
    this.onFlood = () => fail('flood', `the PowerShell child printed more than ${limit} bytes for one call`)
    const stop = () => {
      clearTimeout(nudge)
      clearTimeout(hang)
      this.onFlood = () => {}
    }
    return { failed, stop }
  }

  private nudge(): void {
    if (this.alive) this.powershell.streams.stdin.write(`${this.powershell.writeToError(this.powershell.marker)}\n`)
  }

  private count(length: number): void {
    this.bytes += length
    if (this.bytes > this.options.maxReplyBytes) this.onFlood()
  }

  private stderrText(): string {
    return withoutArguments(this.stderr.replace(/^[0-9A-Za-z]{16}\r?\n?$/gm, '').trim()).slice(-stderrTail)
  }
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  const source = new AbortController()
  const promise = new Promise<never>((_resolve, fail) => {
    source.signal.addEventListener('abort', () => fail(source.signal.reason))
  })
  promise.catch(() => {})
  return { promise, reject: (error) => source.abort(error) }
}
