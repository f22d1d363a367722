/** A port on loopback: the one wished for, or 0 (any free one) when it is taken. */
import { createServer } from 'node:net'

export async function freePort(wished: number): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(0))
    server.listen(wished, '127.0.0.1', () => server.close(() => resolve(wished)))
  })
}
