/** What a command touches besides files: the process, the terminal, Windows. A parameter of every command, so that tests run them in their own process. */
import { windowsScript, type WindowsScript } from '../windows/windowsScript.ts'
import type { Output } from './output.ts'
import type { Asker } from './prompt.ts'

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** As process.platform says it. */
  readonly platform: string
  /** The person who can be asked; none without a terminal. */
  readonly asker: Asker | undefined
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
  readonly windows: WindowsScript
}

export function outputOf({ writeOut }: Surroundings, { json = false }: { json?: boolean | undefined }): Output {
  return { json, write: writeOut }
}

/** `asker` is asked for once, by the command that has a question. */
export function processSurroundings(asker: Asker | undefined): Surroundings {
  return {
    env: process.env,
    platform: process.platform,
    asker,
    writeOut: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    windows: windowsScript(),
  }
}
