/** How the relay reaches the rendezvous: directly or through a proxy, trusting a private certificate authority where one is configured. */
import type { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { ProxyAgent, type ProxySettings } from './proxyAgent.ts'
import { trustWith } from './trust.ts'

/** The part of the configuration that it takes; secrets in clear. */
export interface DialSettings {
  readonly rendezvous: { readonly address: string; readonly caFile?: string | undefined }
  readonly proxy?: ProxySettings | undefined
}

/**
 *   proxy   caFile   agent
 *   no      no       none: Node's own way
 *   no      yes      directly, with the authority added to those that Node knows
 *   yes     any      through the proxy; the authority counts for an https proxy, too
 *
 * For control channels and conversations. Throws a ConfigError when the authority's file cannot be used.
 */
export function agentFor({ rendezvous, proxy }: DialSettings): Agent | undefined {
  const secureContext = rendezvous.caFile === undefined ? undefined : trustWith(rendezvous.caFile)
  if (proxy !== undefined) return new ProxyAgent(proxy, secureContext)
  const isDirectTls = secureContext !== undefined && rendezvous.address.startsWith('wss:')
  return isDirectTls ? new TlsAgent({ secureContext }) : undefined
}
