/** Values of log lines as they may stand in the Event Log, which many people can read: names of machines and of cmdlets, nothing else. Pure. */

const mostCmdlets = 20

/** An identifier: a connector, a version, a fingerprint. */
export function oneName(value: unknown): string {
  return fits(value, /^[\w.-]{1,128}$/)
}

/** A host name or address, with or without a port. */
export function serverName(value: unknown): string {
  return fits(value, /^[\w.:[\]-]{1,256}$/)
}

/** A category or a status code. */
export function word(value: unknown): string {
  return fits(typeof value === 'number' ? String(value) : value, /^\w{1,64}$/)
}

/** Cmdlets, or parameters of cmdlets (`Set-CASMailbox -Identity`), the first twenty by name. */
export function cmdletNames(value: unknown): string {
  const names = (Array.isArray(value) ? value : []).map((name) => fits(name, /^[A-Za-z]+-\w+( -\w+)?$/))
  const left = names.length - mostCmdlets
  const shown = names.slice(0, mostCmdlets).join(', ')
  return names.length === 0 ? unknown : left > 0 ? `${shown} and ${left} more` : shown
}

const unknown = '(see the log)'

function fits(value: unknown, shape: RegExp): string {
  return typeof value === 'string' && shape.test(value) ? value : unknown
}
