/** POST /invoke: one cmdlet in one shell, its answer streamed as NDJSON, with the faults that were asked for. */
import type { ServerResponse } from 'node:http'
import { CmdletError } from './cmdletError.ts'
import { isDown } from './downServers.ts'
import type { Fault } from './faults.ts'
import { endLine, invoke, type Invocation } from './invoke.ts'
import { writePiece } from './routes.ts'
import type { Shell } from './shells.ts'
import type { Simulation } from './simulation.ts'

const chunkChars = 64 * 1024

/** `request.shell` is an open shell's id. Without a last line `{"end":true}` the connection broke. */
export async function answerInvoke(
  simulation: Simulation,
  request: Invocation & { readonly shell: string },
  response: ServerResponse,
): Promise<void> {
  const { exchange, journal, faults, latency, shells, now } = simulation
  response.setHeader('content-type', 'application/x-ndjson; charset=utf-8')
  let shell: Shell
  try {
    shell = shells.ready(request.shell, now())
  } catch (error) {
    return endWith(response, error)
  }
  shell.isBusy = true
  const release = () => void Object.assign(shell, { isBusy: false, lastUsed: now() })
  response.once('close', release)
  const latencyMs = faults.latencyMs(request.cmdlet)
  if (latencyMs > 0) await latency.wait(latencyMs)
  // Down from before the command or since it came: nobody hears of it again.
  if (isDown(simulation, shell.server)) {
    shell.isBroken = true
    release()
    return void response.destroy()
  }
  const fault = faults.next(request.cmdlet, now())
  if (fault?.kind === 'fail') {
    shell.isBroken ||= fault.breaksShell
    release()
    return endWith(response, fault.error)
  }
  await stream(invoke(exchange, journal, request), response, fault, release)
}

// `release`: before the last byte is sent, for the next command may come before this response is closed.
async function stream(
  lines: Iterable<string>,
  response: ServerResponse,
  fault: Fault | undefined,
  release: () => void,
): Promise<void> {
  if (fault?.kind === 'hang') return
  if (fault?.kind === 'cut' && fault.when === 'before') return void response.destroy()
  let chunk = fault?.kind === 'child' ? `{"child":"${fault.fault}"}\n` : ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < chunkChars || fault?.kind === 'cut') continue
    if (!(await writePiece(response, chunk))) return
    chunk = ''
  }
  release()
  if (fault?.kind !== 'cut') return void response.end(chunk)
  const told = fault.when === 'after' ? '' : chunk.slice(0, chunk.length / 2)
  response.write(told, () => response.destroy())
}

function endWith(response: ServerResponse, error: unknown): void {
  if (!(error instanceof CmdletError)) throw error
  response.end(`${JSON.stringify({ error: error.toWire() })}\n${endLine}`)
}
