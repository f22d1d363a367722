/** What a simulated relay namespace is started with. */

export type Right = 'listen' | 'send'

/** A shared access rule. Without `path` it belongs to the namespace and is good for every hybrid connection. */
export type Rule = { name: string; key: string; rights: Right[]; path?: string }

/** Decides on a JWT-shaped token; `expiresAt` in milliseconds since the epoch. */
export type JwtCheck = (jwt: string, wanted: { path: string; right: Right }) => { expiresAt: number } | undefined

export type RendezvousOptions = {
  /** Hybrid connections that exist, such as `exchange` or `sites/berlin`. */
  paths: string[]
  rules: Rule[]
  /** 0, the default, takes a free port. */
  port?: number
  /** Where to listen; loopback by default. */
  host?: string
  /** Accept addresses point at a second port (and this host name), as the live service's gateway nodes do. */
  gateway?: { host?: string; port?: number }
  /** How long a sender is kept waiting for a listener before it gets 504. The live service: about 30 s. */
  acceptTimeoutMs?: number
  /** Listeners per hybrid connection; the live service allows 25. */
  maxListeners?: number
  /** Serve wss: instead of ws:, both in PEM. */
  tls?: { key: string; cert: string }
  /** Without it every JWT is refused with 401. */
  acceptJwt?: JwtCheck
  /** Bytes that may wait for a slow reader before the other side is no longer read. */
  highWaterMarkBytes?: number
  /** Who answers a ping on a joined socket: unknown for the live service, so both can be had. */
  dataPings?: 'service' | 'peer'
  /** Largest message forwarded; the live service documents none. */
  maxPayloadBytes?: number
  now?: () => number
  random?: () => number
}

export type Settings = Required<Omit<RendezvousOptions, 'acceptJwt' | 'gateway' | 'tls'>> &
  Pick<RendezvousOptions, 'acceptJwt' | 'gateway' | 'tls'>

/** Fills in the defaults. Paths lose outer slashes and are compared without regard to case, as Azure does. */
export function settingsOf(options: RendezvousOptions): Settings {
  return {
    port: 0,
    host: '127.0.0.1',
    acceptTimeoutMs: 30_000,
    maxListeners: 25,
    highWaterMarkBytes: 256 * 1024,
    dataPings: 'service',
    maxPayloadBytes: 256 * 1024 * 1024,
    now: Date.now,
    random: Math.random,
    ...options,
  }
}
