/** Step: the name of the namespace, or of the proxy that leads to it, can be resolved. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { codeOf, remedyForCode } from '../rendezvous/remedyFor.ts'
import { bad, good, known, type CheckContext, type Finding } from './checkStep.ts'

export type Resolve = (host: string) => Promise<readonly string[]>

/** `resolve` as the system does it: the hosts file and DNS. */
export async function checkName(
  context: CheckContext,
  _signal?: AbortSignal,
  resolve: Resolve = bySystem,
): Promise<Finding> {
  const { host, proxy } = known(context, 'network')
  const name = proxy === undefined ? host : new URL(proxy).hostname.replace(/^\[(.*)\]$/, '$1')
  const lead = proxy === undefined ? '' : `the proxy resolves ${host}; `
  if (isIP(name) !== 0) return good(`${lead}${name} is an address`)
  try {
    const addresses = await resolve(name)
    return good(
      `${lead}${name} is ${addresses.join(', ')}${addresses.some(isPrivate) && proxy === undefined ? privateLink : ''}`,
    )
  } catch (error) {
    const code = codeOf(error)
    return bad(`${name} cannot be resolved (${code === '' ? String(error) : code})`, remedyForCode(code))
  }
}

async function bySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

// Source: Microsoft Learn, Azure Relay port settings.
const privateLink = ' (a private address: with Azure Private Link the relay needs the ports 9400 to 9599 outbound, too)'

function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/i.test(address)
}
