/** The Functions host with the built app as a process of the local stack. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Child, ChildOptions } from './child.ts'
import { programFile, root } from './programFiles.ts'

export interface FunctionsSettings {
  /** 0: any free one. */
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  readonly nodeOptions?: readonly string[] | undefined
  /** How long the message that a killed host was working on stays hidden from the next (whole seconds); default 30 s. */
  readonly visibilityMs?: number | undefined
  /** Delay before a failed message comes again (whole seconds); default as in host.json. */
  readonly retryMs?: number | undefined
  /** A folder made by `npm run package:functions`; without it the app as it is built is served. */
  readonly packed?: string | undefined
}

/** Resolves with the address when every function is registered. Throws when the process ends before, with what it said. */
export async function startFunctions(
  start: (options: ChildOptions) => Child,
  { port, env, nodeOptions = [], visibilityMs, retryMs, packed }: FunctionsSettings,
): Promise<{ child: Child; url: string }> {
  let found: (url: string) => void = () => undefined
  const listening = new Promise<string>((resolve) => (found = resolve))
  const [app, folder] = packed === undefined ? [programFile('functions/app.js'), root] : [mainOf(packed), packed]
  const served = ['--app', app, '--root', folder, '--port', String(port)]
  const option = (name: string, value: number | undefined) => (value === undefined ? [] : [name, String(value)])
  const child = start({
    name: 'functions',
    script: programFile('sim/host/main.js'),
    args: [
      ...served,
      '--with-parent',
      ...option('--queue-poll-ms', 20),
      ...option('--visibility-ms', visibilityMs),
      ...option('--retry-ms', retryMs),
    ],
    env,
    nodeOptions,
    onLine: (line) => {
      const url = /running \d+ functions on (http:\S+)/.exec(line)?.[1]
      if (url) found(url)
    },
  })
  const ended = child.ended.then(() =>
    Promise.reject(new Error(`the Functions host ended before it was ready:\n${child.lastLines()}`)),
  )
  return { child, url: await Promise.race([listening, ended]) }
}

/** As Azure finds it: by `main`. */
function mainOf(folder: string): string {
  const { main } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { main: string }
  return path.join(folder, main)
}
