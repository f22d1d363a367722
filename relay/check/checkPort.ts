/** Step: the port of the namespace can be reached, directly or through the configured proxy. */
import { ProxyFailure } from '../network/proxyFailure.ts'
import { codeOf, remedyForCode } from '../rendezvous/remedyFor.ts'
import { bad, good, known, type CheckContext, type Finding } from './checkStep.ts'
import { openWay } from './dialNamespace.ts'

export async function checkPort(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const network = known(context, 'network')
  const { host, port, proxy } = network
  const way = proxy === undefined ? '' : ` through the proxy ${proxy} (proxy.address in ${context.file})`
  const startedMs = performance.now()
  try {
    await openWay(network, signal)
    const tookMs = Math.round(performance.now() - startedMs)
    const status = proxy === undefined ? '' : ', CONNECT 200'
    return good(`${host}:${port} can be reached${way}${status} (${tookMs} ms)`)
  } catch (error) {
    if (error instanceof ProxyFailure) return bad(`${host}:${port}${way}: ${error.message}`, error.remedy)
    const code = codeOf(error)
    const remedy = remedyForCode(code) ?? 'Look at the firewall between this server and the internet.'
    return bad(`${host}:${port} cannot be reached (${code || String(error)})`, `${remedy}${ignored(context)}`)
  }
}

/** A proxy that other programs use, and the relay does not. */
function ignored({ env }: CheckContext): string {
  const name = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].find(
    (candidate) => (env[candidate] ?? '') !== '',
  )
  if (name !== undefined)
    return ` The environment names a proxy in ${name}; the relay uses only the one of its configuration.`
  return ' (netsh winhttp show proxy tells what Windows uses.)'
}
