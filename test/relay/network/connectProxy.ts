/** A CONNECT proxy that does what the test says: any account, any refusal, silence; leads every name to one port of this machine. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface ConnectProxy {
  readonly port: number
  readonly address: string
  /** What was asked for, with the Proxy-Authorization header. */
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[]
  /** Connections that are open now. */
  readonly open: () => number
  readonly close: () => Promise<void>
}

export interface ConnectProxyOptions {
  /** Where every tunnel leads. */
  readonly to?: number
  /** The whole answer instead of a tunnel, for example `407 Proxy Authentication Required` with headers. Empty: none at all. */
  readonly answer?: readonly string[]
  /** Targets that are refused with 403. */
  readonly forbids?: RegExp
  /** Closes each connection without an answer. */
  readonly hangsUp?: boolean
}

export async function startConnectProxy({ to, answer, forbids, hangsUp }: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {}).once('close', () => sockets.delete(client))
    client.once('data', (head) => {
      const text = head.toString('latin1')
      const authorization = /^proxy-authorization: (.*)\r$/im.exec(text)?.[1]
      const target = /^CONNECT (\S+) /.exec(text)?.[1] ?? text
      asked.push({ target, authorization })
      if (hangsUp) client.end()
      else if (forbids?.test(target)) client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
      else if (answer === undefined) tunnel(client, to ?? 0, sockets)
      else if (answer.length > 0) client.end(`HTTP/1.1 ${answer.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  const close = async (): Promise<void> => {
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  return { port, address: `http://127.0.0.1:${port}`, asked, open: () => sockets.size, close }
}

function tunnel(client: Socket, port: number, sockets: Set<Socket>): void {
  const target = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    client.pipe(target).pipe(client)
  })
  sockets.add(target)
  target.on('error', () => client.destroy()).once('close', () => sockets.delete(target))
  client.once('close', () => target.destroy())
}
