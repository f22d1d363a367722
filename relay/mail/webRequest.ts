/** An HTTP request that PowerShell sends with the account's Windows authentication, and what came of it (Send-EasgateRequest). */
import * as z from 'zod'

export interface Account {
  readonly user: string
  readonly password: string
}

/** The notification account: how it proves itself, and as whom; without `account` it is the identity of the service itself. */
export interface Identity {
  readonly authentication: 'Negotiate' | 'Ntlm' | 'Basic' | 'None'
  readonly account?: Account | undefined
}

export interface WebRequest extends Identity {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

const response = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
})
export type WebResponse = z.infer<typeof response>

const webError = z.object({
  category: z.enum(['connect', 'tls', 'timeout', 'tooLarge', 'other']).catch('other'),
  message: z.string().transform((text) => text.slice(0, 1_000)),
  /** False only when the request certainly never reached the server. */
  sent: z.boolean().catch(true),
})
export type WebError = z.infer<typeof webError>

/** An answer of the server, whatever its status, or why there is none. */
export type WebReply = WebResponse | WebError

/** Never throws: what goes wrong is a WebError. */
export type Post = (request: WebRequest) => Promise<WebReply>

export const responseLine = z.object({ response })
export const errorEnd = z.object({ error: webError })

export function isAnswer(reply: WebReply): reply is WebResponse {
  return 'status' in reply
}

/** https, or plain http that does not leave this computer. */
export function isSecure(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(url))
}

export function isLoopback(url: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(url).hostname)
}
