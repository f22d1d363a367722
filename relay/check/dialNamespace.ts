/** Dials the namespace for the steps of a check, by the way that the relay would take; nothing is sent that needs a key. */
import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Network } from './checkStep.ts'

/** Resolves when something listens at the port, or the proxy has connected us. Rejects with the error of the network, or a ProxyFailure. */
export async function openWay({ host, port, proxy, ...network }: Network, signal: AbortSignal): Promise<void> {
  if (proxy !== undefined) return throughProxy({ host, port, proxy, ...network }, signal)
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, signal })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}

async function throughProxy(network: Network, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = start(network, signal, { rejectUnauthorized: false })
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) return // the agent says it with all that belongs to it
      request.destroy()
      resolve()
    })
    request.on('error', reject)
  })
}

/** The TLS socket, secured, whatever its certificate is. The caller destroys it. */
export async function secured(network: Network, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const request = start(network, signal, { rejectUnauthorized: false })
    request.on('error', reject)
    request.once('socket', (socket) => {
      socket.once('secureConnect', () => resolve(socket as TLSSocket))
    })
  })
}

/** The head of the answer to a harmless question, whatever its status is. */
export async function answered(network: Network, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = start(network, signal)
    request.on('error', reject)
    request.once('response', (response) => {
      resolve(response)
      response.resume()
      request.destroy()
    })
    request.end()
  })
}

function start(network: Network, signal: AbortSignal, more: { rejectUnauthorized?: boolean } = {}): ClientRequest {
  const { host, port, isTls, agent = false } = network
  const options = { host, port, path: '/', method: 'GET', agent, signal, ...more }
  return isTls ? tlsRequest(options) : plainRequest(options)
}
