/** Where Autodiscover of a mail address may be, in the order in which it is asked (facts/exchange-and-graph.md C1). */
import type { ResolveSrv, SrvRecord, Web } from './web.ts'
import { isAnswer, isSecure } from './webRequest.ts'

export interface Candidate {
  readonly url: string
  /**
   * Learned from DNS or plain http alone, where anyone on the way may have answered, and outside the mail domain: no password is sent
   * there. Negotiate and NTLM do not disclose one.
   */
  readonly isUnproven: boolean
}

const path = '/autodiscover/autodiscover.xml'
const probeMs = 10_000

/*
 * 1 service connection points of Active Directory
 * 2 https://<domain>/…
 * 3 https://autodiscover.<domain>/…
 * 4 where http://autodiscover.<domain>/… redirects to: asked without credentials, only its redirection to https counts
 * 5 DNS SRV _autodiscover._tcp.<domain>
 * Each is looked up only when those before it led nowhere.
 */
export async function* candidatesFor(address: string, web: Web, resolveSrv: ResolveSrv): AsyncGenerator<Candidate> {
  const domain = domainOf(address)
  for (const url of await web.connectionPoints()) if (isSecure(url)) yield { url, isUnproven: false }
  for (const host of [domain, `autodiscover.${domain}`]) yield { url: `https://${host}${path}`, isUnproven: false }
  const redirected = await redirection(`http://autodiscover.${domain}${path}`, web)
  if (redirected !== undefined) yield unproven(redirected, domain)
  for (const { name, port } of await serviceRecords(domain, resolveSrv)) {
    const url = `https://${name.replace(/\.$/, '')}${port === 443 ? '' : `:${port}`}${path}`
    if (isSecure(url)) yield unproven(url, domain)
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase()
}

function unproven(url: string, domain: string): Candidate {
  const host = new URL(url).hostname.toLowerCase()
  return { url, isUnproven: host !== domain && !host.endsWith(`.${domain}`) }
}

async function redirection(url: string, web: Web): Promise<string | undefined> {
  const reply = await web.post({ url, method: 'GET', headers: {}, authentication: 'None', timeoutMs: probeMs })
  if (!isAnswer(reply) || (reply.status !== 301 && reply.status !== 302)) return undefined
  const target = reply.headers['location'] ?? ''
  return isSecure(target) ? target : undefined
}

/** By priority, then the heavier first. */
async function serviceRecords(domain: string, resolveSrv: ResolveSrv): Promise<readonly SrvRecord[]> {
  try {
    const records = await resolveSrv(`_autodiscover._tcp.${domain}`)
    return records.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight)
  } catch {
    return []
  }
}
