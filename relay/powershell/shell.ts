/**
 * One PowerShell child through node-powershell, with a guard for each of that library's faults (the table above GuardedPowerShell).
 * It lives until its first failure: whoever uses it throws it away then and starts another (shellHost.ts).
 */
import type { ChildProcess } from 'node:child_process'
import { PowerShell, type InvocationResult } from 'node-powershell'
import { ChildFailure } from './childFailure.ts'
import { killTree } from './killTree.ts'

export interface ShellOptions {
  /** Full path of powershell.exe or pwsh. */
  readonly executable: string
  /** Environment of the child, complete. */
  readonly env: NodeJS.ProcessEnv
  /** Most bytes that one call may print on stdout and stderr together. */
  readonly maxReplyBytes: number
}

/** After this much of its time is over, a call gets one more end marker on stderr; see `Shell.watch`. */
const nudgeShare = 0.5
const stderrTail = 2_000

/*
 * Fault of node-powershell 5.0.1 (facts/libraries.md 11)     closed by
 *  1 hang when CRLF markers arrive in one chunk              writeToOutput, writeToError print LF
 *  2 cost grows with the square of a reply                   replies are paged (maxRows) and limited (maxReplyBytes)
 *  3 a dead shell looks like an empty answer                 no stdout in the result = exit; the reply's last line (stepReply.ts)
 *  4 queued calls never settle when the shell dies           one call inside at a time; the queue is outside (commandRunner.ts)
 *  5 unhandled rejection before the first call               the constructor calls the first line in the same turn
 *  6 a timeout stops nothing                                 own timer, kill of the tree, the child is thrown away
 *  7 history keeps everything                                emptied after each call
 *  8 anything on stderr fails the call                       throwOnInvocationError: false, stdout is read whatever stderr holds
 *  9 an open brace swallows the markers                      one line a call, arguments as base64
 * 10 whatever reads stdin eats markers                       -NonInteractive; the module never prompts
 * 11 encoding                                                base64 in; the module writes UTF-8 bytes itself
 * 12 injection by the template tag                           never used
 * 13 sessions left open                                      Close-Easgate before a planned end (shellHost.ts)
 * 14 a signal ends only the shell on Windows                 killTree.ts
 * 15 NODE_POWERSHELL overrides the executable                setExecutable returns the configured path
 * 16 disposeTimeout, colours, ProcessError texts             not used; the module sets plain text; ChildFailure has own texts
 * 17 every reply stays in memory until the shell ends       (measured here: a race against its one exit promise) each call
 *                                                           gets an exit promise of its own
 */
class GuardedPowerShell extends PowerShell {
  marker = ''

  protected override setExecutable({ executable }: { executable?: string }): string {
    return executable ?? ''
  }
  protected override writeToOutput(input: string): string {
    this.marker = input
    return `[Console]::Out.Write("${input}\`n")`
  }
  override writeToError(input: string): string {
    return `[Console]::Error.Write("${input}\`n")`
  }
}

/** What the library keeps private: the process, to kill its tree and to notice a death between calls, and the exit promise of fault 17. */
interface Internals {
  readonly process: ChildProcess
  exitPromise: Promise<void>
}

export class Shell {
  private readonly powershell: GuardedPowerShell
  private readonly internals: Internals
  private readonly child: ChildProcess
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
    this.powershell = startChild(options)
    this.internals = this.powershell as unknown as Internals
    this.child = this.internals.process
    this.internals.exitPromise.then(
      () => this.endCall(),
      (error: unknown) => this.endCall(error),
    )
    this.child.once('exit', () => this.onExit())
    this.child.on('error', () => (this.alive = false))
    const { stdin, stdout, stderr } = this.powershell.streams
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {})
    stdout.on('data', (chunk: string) => this.count(chunk.length))
    stderr.on('data', (chunk: string) => {
      this.stderr = (this.stderr + chunk).slice(-stderrTail)
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

  /** Ends the child and all that it started, at once. */
  kill(): void {
    this.alive = false
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
    this.alive = false
    if (wasAlive && !this.busy) this.onIdleExit()
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
    return this.stderr.replace(/^[0-9A-Za-z]{16}\r?\n?$/gm, '').trim()
  }
}

function startChild(options: ShellOptions): GuardedPowerShell {
  const { NODE_POWERSHELL: _ignored, ...env } = options.env
  try {
    return new GuardedPowerShell({
      executable: options.executable,
      executableOptions: {
        '-NoProfile': true,
        '-NonInteractive': true,
        '-ExecutionPolicy': 'RemoteSigned',
        '-OutputFormat': 'Text',
      },
      spawnOptions: { env, windowsHide: true },
      throwOnInvocationError: false,
    })
  } catch (cause) {
    throw new ChildFailure('missing', `${options.executable} cannot be started`, '', { cause })
  }
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, no) => (reject = no))
  promise.catch(() => {})
  return { promise, reject }
}
