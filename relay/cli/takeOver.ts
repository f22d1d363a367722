/** Which values of the original connector's configuration become which of ours. Pure. */
import type { NamedValue } from './readConnectorFile.ts'

export interface Taken {
  readonly at: 'connection.casFailover' | 'powershell.parallel' | 'mail.ewsUrl' | 'proxy.address' | 'proxy.bypass'
  readonly value: unknown
  /** As the file names it. */
  readonly from: string
}

export interface TakenOver {
  readonly taken: readonly Taken[]
  /** What easgate knows and could not take, with the reason. */
  readonly left: readonly string[]
  /** Names that easgate does not know. Their values are not shown: nobody knows what they are. */
  readonly unknown: readonly string[]
}

/** Four commands at the same time is what the original did with EnableParallelCommandSupport. */
const parallel = 4

/*
 * The names of the proxy's values are not public: these readings cover the ways .NET programs write them.
 *
 * name in the file, whatever its case                  | becomes
 * IsCasFailoverEnabled                                 | connection.casFailover
 * EnableParallelCommandSupport                         | powershell.parallel: true 4, false 1
 * ExchangeWebServiceURL (or ServicesURL)               | mail.ewsUrl; empty: Autodiscover, as before
 * ProxyAddress, -Server, -ServerName, -Host, -Url, -Uri| proxy.address, with the port if it has none
 * ProxyPort, ProxyServerPort                           | its port
 * UseProxy, ProxyEnabled, IsProxyEnabled, EnableProxy  | false: no proxy
 * ProxyBypassList, ProxyBypass, BypassList             | proxy.bypass; what stands for local names is left out
 * ProxyUser…, ProxyPassword, ProxyCredential…          | nothing: needs its password, which is for `configure`
 * the same without `Proxy` inside an element Proxy…    | the same
 */
export function takeOver(values: readonly NamedValue[]): TakenOver {
  const found = new Map<Meaning, NamedValue[]>()
  const unknown: string[] = []
  for (const value of values) {
    const meaning = meaningOf(value)
    if (meaning) found.set(meaning, [...(found.get(meaning) ?? []), value])
    else unknown.push([...value.around, value.name].join('/'))
  }
  const left: string[] = []
  const one = (meaning: Meaning) => single(found.get(meaning), left)
  const taken = [
    ...switchFrom(one('casFailover'), 'connection.casFailover', (isOn) => isOn, left),
    ...switchFrom(one('parallel'), 'powershell.parallel', (isOn) => (isOn ? parallel : 1), left),
    ...ewsUrlFrom(one('ewsUrl'), left),
    ...proxyFrom(one, left),
  ]
  if (found.has('proxyAccount'))
    left.push('the account of the proxy: give it with easgate-relay configure --proxy-account')
  return { taken, left, unknown: [...new Set(unknown)] }
}

const meanings = {
  casFailover: /^iscasfailoverenabled$/,
  parallel: /^enableparallelcommandsupport$/,
  ewsUrl: /^exchangewebservices?ur[li]$/,
  proxyAddress: /^proxy(address|server|servername|serveraddress|host|hostname|ur[li])$/,
  proxyPort: /^proxy(server)?port(number)?$/,
  proxySwitch: /^(useproxy|useproxyserver|proxyenabled|isproxyenabled|enableproxy|proxyuseproxy|proxyenable)$/,
  proxyBypass: /^(proxy)?bypass(list)?$/,
  proxyAccount: /^proxy(user|password|credential|domain|account)/,
} as const
type Meaning = keyof typeof meanings

/** By its own name, or by that with `Proxy` in front when it stands in an element of the proxy. */
function meaningOf({ name, around }: NamedValue): Meaning | undefined {
  const plain = name.toLowerCase()
  const isInProxy = around.some((outer) => /^(web|http)?proxy/i.test(outer))
  const names = isInProxy && !plain.startsWith('proxy') ? [plain, `proxy${plain}`] : [plain]
  return (Object.keys(meanings) as Meaning[]).find((meaning) => names.some((one) => meanings[meaning].test(one)))
}

/** Twice the same is once; twice something different is nothing. */
function single(values: readonly NamedValue[] | undefined, left: string[]): NamedValue | undefined {
  const [first, ...others] = values ?? []
  if (!first || others.every(({ value }) => value === first.value)) return first
  left.push(`${first.name}: it is in the file ${others.length + 1} times with different values; set it with configure`)
  return undefined
}

type Make = (isOn: boolean) => unknown

function switchFrom(found: NamedValue | undefined, at: Taken['at'], make: Make, left: string[]): Taken[] {
  if (!found) return []
  const isOn = switchOf(found.value)
  if (isOn !== undefined) return [{ at, value: make(isOn), from: found.name }]
  left.push(`${found.name}: it is neither true nor false; set it with configure`)
  return []
}

function switchOf(value: string): boolean | undefined {
  if (/^(true|1)$/i.test(value)) return true
  return /^(false|0)$/i.test(value) ? false : undefined
}

function ewsUrlFrom(found: NamedValue | undefined, left: string[]): Taken[] {
  if (!found || found.value === '') return []
  if (URL.canParse(found.value) && new URL(found.value).protocol === 'https:') {
    return [{ at: 'mail.ewsUrl', value: found.value, from: found.name }]
  }
  left.push(`${found.name}: it is no https address; give the right one with easgate-relay configure --ews-url`)
  return []
}

function proxyFrom(one: (meaning: Meaning) => NamedValue | undefined, left: string[]): Taken[] {
  const [address, port, isUsed, bypass] = [
    one('proxyAddress'),
    one('proxyPort'),
    one('proxySwitch'),
    one('proxyBypass'),
  ]
  if (!address || address.value === '' || (isUsed && switchOf(isUsed.value) === false)) return []
  const url = proxyUrl(address.value, port?.value)
  if (url === undefined) {
    left.push(`${address.name}: it cannot be read as a proxy; give it with easgate-relay configure --proxy`)
    return []
  }
  const hosts = bypassHosts(bypass?.value ?? '')
  return [
    { at: 'proxy.address', value: url, from: address.name },
    ...(bypass && hosts.length > 0 ? [{ at: 'proxy.bypass' as const, value: hosts, from: bypass.name }] : []),
  ]
}

/** `proxy.contoso.com`, `proxy.contoso.com:8080` or a URL; without any port a proxy listens on that of its scheme. */
function proxyUrl(address: string, port: string | undefined): string | undefined {
  const text = /^https?:\/\//i.test(address) ? address : `http://${address}`
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '') return undefined
  if (port !== undefined && port !== '' && port !== '0' && url.port === '') {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return undefined
    url.port = port
  }
  return `${url.protocol}//${url.host}`
}

/** `*.contoso.com;10.*;<local>`: what our configuration cannot say is left out, for the proxy then only gets more to do. */
function bypassHosts(value: string): string[] {
  const hosts = value.split(/[;,\s]+/).map((host) => host.replace(/^\*(?=\.)/, ''))
  return hosts.filter((host) => /^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(host))
}
