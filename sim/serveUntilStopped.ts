/** The life of a simulator that is one HTTP server: listens on loopback, and ends the process on SIGTERM, SIGINT, or with its parent. Never shipped. */
import { once } from 'node:events'
import type { Server } from 'node:http'

export interface ServeOptions {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number
  /** Ends when standard input ends. */
  readonly withParent: boolean
}

/** Gives the port. Only then may somebody be told of it: whoever is may send a signal at once. */
export async function serveUntilStopped(server: Server, { port, withParent }: ServeOptions): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (withParent) process.stdin.once('end', stop).resume()
  const address = server.address()
  return typeof address === 'object' && address ? address.port : port
}
