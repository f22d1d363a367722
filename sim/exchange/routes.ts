/** What a route of the simulated Exchange gets and how it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { Simulation } from './simulation.ts'

export interface Exchanged {
  readonly simulation: Simulation
  readonly url: URL
  readonly response: ServerResponse
  /** The request's JSON. */
  readonly body: () => Promise<unknown>
}

/** An error thrown is answered with 400 and its message. */
export type Route = (exchanged: Exchanged) => Promise<void> | void

export function writeJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request)
  return text === '' ? {} : (JSON.parse(text) as unknown)
}

// Plain events: a `for await` over the request costs as much as running a short cmdlet.
function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.once('error', reject).once('end', () => resolve(text))
  })
}

/** Writes a piece and waits for a slow reader, or gives other requests their turn. False: the reader has gone. */
export async function writePiece(response: ServerResponse, piece: string): Promise<boolean> {
  if (response.write(piece)) await setImmediate()
  else await drained(response)
  return !response.destroyed
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}
