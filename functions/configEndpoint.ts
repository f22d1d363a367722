/** Addresses in the app settings: https and wss anywhere, their unprotected forms on loopback only. */
import { setting, type Complain, type Environment } from './configSetting.ts'

/** The origin of a service; the default when the setting is missing or, after complaining, wrong. */
export function readOrigin(env: Environment, name: string, fallback: string, complain: Complain): string {
  const text = setting(env, name)
  if (text === undefined) return fallback
  const problem = endpointProblem(text, 'https:', 'http:') ?? (new URL(text).pathname === '/' ? null : 'has a path')
  if (problem === null) return new URL(text).origin
  complain(name, problem, `use an address such as ${fallback}`)
  return fallback
}

/** What is wrong with an address as part of a sentence, or null. Its text is not repeated: it may hold a password. */
export function endpointProblem(
  text: string,
  scheme: 'https:' | 'wss:',
  loopbackScheme: 'http:' | 'ws:',
): string | null {
  if (!URL.canParse(text)) return 'is not a URL'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'holds a user name or password'
  if (url.search !== '' || url.hash !== '') return 'holds a query or fragment'
  if (url.protocol === scheme) return null
  if (url.protocol !== loopbackScheme) return `is not a ${scheme}// address`
  return isLoopback(url.hostname) ? null : `is a ${loopbackScheme}// address, which is for loopback only`
}

/** Whether a host name or address, as URL writes it, is this machine's own. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
