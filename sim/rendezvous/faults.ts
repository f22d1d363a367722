/** The faults a test or an operator can order from the simulated service; each says what the live service or the network did once. */
import { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { LiveSocket } from './joinSockets.ts'

export type UpgradeAction = 'listen' | 'connect' | 'accept' | 'request'
type SocketChoice = {
  kind?: 'control' | 'sender' | 'listener' | 'data' | 'all' | undefined
  path?: string | undefined
  count?: number | undefined
}

/** `duplicate`: the same accept is sent twice. `expired`: its URL is already spent. `lost`: it is never sent. */
type AcceptFault = 'duplicate' | 'expired' | 'lost'

export type Faults = {
  /** Cuts sockets without a WebSocket close: `fin` as a dying process does, `rst` as a firewall does. Returns how many. */
  killSockets: (choice?: SocketChoice & { how?: 'fin' | 'rst' | undefined }) => number
  /** Swallows every byte both ways from now on while TCP stays up: a half-open connection. Returns how many. */
  blackHole: (choice?: SocketChoice) => number
  /** Closes sockets with a code (1011 by default) after a time. Returns how many. */
  closeAfter(
    choice: SocketChoice & { afterMs?: number | undefined; code?: number | undefined; reason?: string | undefined },
  ): number
  /** The next `count` handshakes of an action get no answer at all. */
  stallUpgrade: (order: { action: UpgradeAction; count?: number | undefined }) => void
  /** The next `count` handshakes of an action are refused with a status. */
  refuse: (order: {
    action: UpgradeAction
    status: number
    text?: string | undefined
    count?: number | undefined
  }) => void
  /** Spoils the next `count` accept messages. */
  spoilAccept: (order: { fault: AcceptFault; count?: number | undefined }) => void
  /** Sends any text on control channels: unknown messages, garbage, an accept with a foreign address. Returns how many got it. */
  sendControl: (order: { text: string; path?: string | undefined }) => number
  /** Sends bytes that are no WebSocket frames. Returns how many sockets got them. */
  sendGarbage: (choice?: SocketChoice) => number
  /** The service knows these listeners no more, gives them no sender and shows one less, but says nothing: pings and renewals go on. */
  forgetListeners: (choice?: Omit<SocketChoice, 'kind'>) => number
  /** Forgets all orders that have not been used up. */
  clear: () => void
}

/** What the service asks before it acts. */
export type FaultOrders = {
  takeStall: (action: UpgradeAction) => boolean
  takeRefusal: (action: UpgradeAction) => { status: number; text: string } | undefined
  takeAcceptFault: () => AcceptFault | undefined
  isForgotten: (listener: WebSocket) => boolean
}

/** Faults over the set of live sockets, and the orders that new handshakes and accepts must obey. */
export function makeFaults(live: ReadonlySet<LiveSocket>): Faults & FaultOrders {
  const stalls: { action: UpgradeAction; left: number }[] = []
  const refusals: { action: UpgradeAction; status: number; text: string; left: number }[] = []
  const accepts: { fault: AcceptFault; left: number }[] = []
  const forgotten = new WeakSet<WebSocket>()
  return {
    killSockets: (choice = {}) => forEach(live, choice, (socket) => kill(socket, choice.how ?? 'fin')),
    blackHole: (choice = {}) => forEach(live, choice, swallow),
    closeAfter: ({ afterMs = 0, code = 1011, reason = 'InternalServerError: NameRenewalFailed', ...choice }) =>
      forEach(live, choice, (socket) => setTimeout(() => socket.ws.close(code, reason), afterMs).unref()),
    stallUpgrade: ({ action, count = 1 }) => void stalls.push({ action, left: count }),
    refuse: ({ action, status, text = 'refused by the simulator', count = 1 }) =>
      void refusals.push({ action, status, text, left: count }),
    spoilAccept: ({ fault, count = 1 }) => void accepts.push({ fault, left: count }),
    sendControl: ({ text, ...choice }) => forEach(live, { ...choice, kind: 'control' }, ({ ws }) => ws.send(text)),
    sendGarbage: (choice = {}) => forEach(live, choice, ({ raw }) => raw.write('HTTP/1.1 502 Bad Gateway\r\n\r\n')),
    forgetListeners: (choice = {}) => forEach(live, { ...choice, kind: 'control' }, ({ ws }) => forgotten.add(ws)),
    clear: () => {
      for (const orders of [stalls, refusals, accepts]) orders.length = 0
    },
    takeStall: (action) => take(stalls, (order) => order.action === action) !== undefined,
    takeRefusal: (action) => take(refusals, (order) => order.action === action),
    takeAcceptFault: () => take(accepts, () => true)?.fault,
    isForgotten: (listener) => forgotten.has(listener),
  }
}

function take<Order extends { left: number }>(orders: Order[], fits: (order: Order) => boolean): Order | undefined {
  const order = orders.find((candidate) => candidate.left > 0 && fits(candidate))
  if (order !== undefined) order.left -= 1
  return order
}

function forEach(live: ReadonlySet<LiveSocket>, choice: SocketChoice, act: (socket: LiveSocket) => void): number {
  const { kind = 'all', path, count = Infinity } = choice
  const chosen = [...live]
    .filter((socket) => kind === 'all' || socket.kind === kind || (kind === 'data' && socket.kind !== 'control'))
    .filter((socket) => path === undefined || socket.path.toLowerCase() === path.toLowerCase())
    .slice(0, count)
  for (const socket of chosen) act(socket)
  return chosen.length
}

function kill({ ws, raw }: LiveSocket, how: 'fin' | 'rst'): void {
  if (how === 'rst' && raw instanceof Socket) raw.resetAndDestroy()
  ws.terminate()
}

/** Takes the socket's bytes away from `ws` on both ways; the other end sees a connection that is up and silent. */
function swallow({ raw }: LiveSocket): void {
  raw.removeAllListeners('data')
  raw.on('data', () => {})
  raw.resume()
  Object.assign(raw, { write: pretendToWrite, end: pretendToWrite })
}

function pretendToWrite(...given: unknown[]): boolean {
  const callback = given.find((argument) => typeof argument === 'function')
  if (callback !== undefined) queueMicrotask(() => callback())
  return true
}
