/** Distinguished names as Active Directory writes them: escaping, parsing, comparing, and the canonical name. Pure. */

export interface Part {
  readonly type: string
  /** Unescaped. */
  readonly value: string
}

/** One value inside a DN, escaped as AD does (RFC 4514): `, + " \ < > ; =`, a leading # or space, a trailing space, controls. */
export function escapeValue(value: string): string {
  if (!/[,+"\\<>;=]|^[ #]| $|\p{Cc}/u.test(value)) return value
  return value
    .replace(/[,+"\\<>;=]|^[ #]|(?<!^) $/g, String.raw`\$&`)
    .replace(/\p{Cc}/gu, (control) => `\\${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** The parts of a DN, leaf first; undefined when the text is not a DN. */
export function parseDn(dn: string): Part[] | undefined {
  const parts: Part[] = []
  for (const text of splitUnescaped(dn)) {
    const equals = text.indexOf('=')
    const type = text.slice(0, equals).trim()
    if (equals < 1 || !/^[A-Za-z][A-Za-z0-9.-]*$/.test(type)) return undefined
    parts.push({ type, value: unescapeValue(text.slice(equals + 1)) })
  }
  return parts
}

export function formatDn(parts: readonly Part[]): string {
  return parts.map((part) => `${part.type}=${escapeValue(part.value)}`).join(',')
}

/** Two DNs with the same key name the same object (AD ignores case, and how a character is escaped). */
export function dnKey(parts: readonly Part[]): string {
  return parts.map((part) => `${part.type}=${part.value}`.toLowerCase()).join('\u0000')
}

/** `contoso.com/Users/Ana Gomes` for `CN=Ana Gomes,OU=Users,DC=contoso,DC=com` (facts A4). */
export function canonicalName(parts: readonly Part[]): string {
  const domain = parts.filter((part) => part.type.toUpperCase() === 'DC').map((part) => part.value)
  const path = parts.filter((part) => part.type.toUpperCase() !== 'DC').map((part) => part.value.replaceAll('/', '\\/'))
  return [domain.join('.'), ...path.toReversed()].join('/')
}

function splitUnescaped(dn: string): string[] {
  return dn.match(/(?:\\[\s\S]|[^\\,])+/g) ?? []
}

function unescapeValue(escaped: string): string {
  if (!escaped.includes('\\')) return escaped.trim()
  const trimmed = escaped.replace(/^ +/, '').replace(/(?<!\\) +$/, '')
  return trimmed.replace(/(?:\\[0-9a-fA-F]{2})+|\\([\s\S])/g, (run, single: string | undefined) =>
    single === undefined ? Buffer.from(run.replaceAll('\\', ''), 'hex').toString('utf8') : single,
  )
}
