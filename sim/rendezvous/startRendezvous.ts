/** Starts a simulated Azure Relay namespace on loopback: the rendezvous that relay and functions dial in tests and local runs. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { makeNamespace, type NamespaceState } from './namespace.ts'
import { settingsOf, type RendezvousOptions, type Settings } from './rendezvousOptions.ts'
import type { Faults } from './faults.ts'
import { serveAdmin } from './admin.ts'

export type Rendezvous = {
  port: number
  /** `ws://host:port` (wss: with TLS); the address of a hybrid connection is `${url}/$hc/${path}`. */
  url: string
  faults: Faults
  state: () => NamespaceState
  close: () => Promise<void>
}

/** Listens on `options.port` (0: any free one), with a second port for accept addresses if `options.gateway` is given. */
export async function startRendezvous(options: RendezvousOptions): Promise<Rendezvous> {
  const settings = settingsOf(options)
  let acceptBase = ''
  const namespace = makeNamespace(settings, () => acceptBase)
  const front = makeServer(settings, serveAdmin(namespace))
  const gateway = settings.gateway === undefined ? undefined : makeServer(settings)
  const servers = gateway === undefined ? [front] : [front, gateway]
  for (const server of servers) server.on('upgrade', namespace.onUpgrade)
  const port = await listen(front, settings.host, settings.port)
  const scheme = settings.tls === undefined ? 'ws' : 'wss'
  const url = `${scheme}://${settings.host}:${port}`
  acceptBase = url
  if (gateway !== undefined) {
    const gatewayPort = await listen(gateway, settings.host, settings.gateway?.port ?? 0)
    acceptBase = `${scheme}://${settings.gateway?.host ?? settings.host}:${gatewayPort}`
  }
  const close = async (): Promise<void> => {
    namespace.close()
    await Promise.all(servers.map(stop))
  }
  return { port, url, faults: namespace.faults, state: namespace.state, close }
}

function makeServer({ tls }: Settings, onRequest?: RequestListener): Server {
  return tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`The rendezvous has no port on ${host}.`)
  return address.port
}

async function stop(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}
