/** The simulated Exchange as its own process, as the launcher starts it. Ends with the test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { createExchangeServer } from '../../../sim/exchange/server.ts'
import { createSimulation } from '../../../sim/exchange/simulation.ts'
import { parseWorld } from '../../../sim/exchange/world.ts'

const program = path.resolve(import.meta.dirname, '../../../dist/sim/exchange/main.js')

/** Takes what is to be done when whoever needs the thing is done with it. */
export type AtEnd = (cleanUp: () => void | Promise<void>) => void

export interface Served {
  readonly url: string
  readonly post: (path: string, body: object) => Promise<Record<string, unknown>>
  readonly get: (path: string) => Promise<Record<string, unknown>>
}

export interface StartedExchange extends Served {
  readonly pid: number
  readonly endStdin: () => void
  readonly signal: (name: NodeJS.Signals) => void
  readonly exited: Promise<number | null>
}

export async function startExchange(world: object, args: readonly string[] = []): Promise<StartedExchange> {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-exchange-'))
  const file = path.join(folder, 'world.json')
  writeFileSync(file, JSON.stringify(world))
  const child = spawn(process.execPath, [program, '--world', file, '--print-json', '--with-parent', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null)
  onTestFinished(async () => {
    child.stdin.end()
    await exited
    rmSync(folder, { recursive: true })
  })
  const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line')
  const url = `http://127.0.0.1:${JSON.parse(line ?? '').port}`
  return {
    ...interfaceOf(url),
    pid: child.pid ?? 0,
    endStdin: () => child.stdin.end(),
    signal: (name) => child.kill(name),
    exited,
  }
}

/** The same in this process: quicker, where the process itself is not what is tested. */
export async function serveExchange(world: object, atEnd: AtEnd = onTestFinished): Promise<Served> {
  const server = createExchangeServer(createSimulation(parseWorld(world)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return interfaceOf(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
}

/** The answer of /invoke as values; `whole`: its last line was there. */
export async function invokeOver(url: string, request: object) {
  let text = ''
  try {
    const response = await fetch(`${url}/invoke`, { method: 'POST', body: JSON.stringify(request) })
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString('utf8')
  } catch {
    // The connection was cut: what came until then counts.
  }
  const lines = text.split('\n').filter((line) => line.endsWith('}'))
  const values = lines.map((line) => JSON.parse(line))
  return {
    rows: values.flatMap((value) => value.row ?? []),
    error: values.find((value) => value.error)?.error,
    whole: values.at(-1)?.end === true,
  }
}

function interfaceOf(url: string): Served {
  return {
    url,
    post: (path, body) => ask(url + path, { method: 'POST', body: JSON.stringify(body) }),
    get: (path) => ask(url + path, {}),
  }
}

async function ask(url: string, init: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(url, init)
  const body: Record<string, unknown> = JSON.parse(await response.text())
  return { status: response.status, ...body }
}
