/** node-powershell with its faults closed, as far as that can be done by options and overrides; shell.ts does the rest. */
import type { ChildProcess } from 'node:child_process'
import { PowerShell } from 'node-powershell'
import { ChildFailure } from './childFailure.ts'

export interface ShellOptions {
  /** Full path of powershell.exe or pwsh. */
  readonly executable: string
  /** Environment of the child, complete. */
  readonly env: NodeJS.ProcessEnv
  /** Most bytes that one call may print on stdout and stderr together. */
  readonly maxReplyBytes: number
}

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
export class GuardedPowerShell extends PowerShell {
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
export interface Internals {
  readonly process: ChildProcess
  exitPromise: Promise<void>
}

export function internalsOf(powershell: GuardedPowerShell): Internals {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- private in its types, there at run time: shell.test.ts notices if not
  return powershell as unknown as Internals
}

/**
 * PowerShell 7 lets .NET compile ahead by a profile that earlier processes wrote. One that was killed while it wrote can leave a file by
 * which each later one crashes as it starts (seen here, .NET 10.0.12). No computer has this many processors, so none is read or written.
 */
const startedWithoutProfile = { DOTNET_MultiCoreJitMinNumCpus: 'FFFF' }

/** Starts the child. Throws a ChildFailure when not even that can be tried. */
export function startChild(options: ShellOptions): GuardedPowerShell {
  const { NODE_POWERSHELL: _overrides, ...given } = options.env
  const env = { ...startedWithoutProfile, ...given }
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
