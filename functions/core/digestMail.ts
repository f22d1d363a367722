/** The administrators' digest: how many records are newly held and why, and which. Pure. */
import { escapeHtml } from './noticeTemplate.ts'

export interface DigestLine {
  readonly user: string
  readonly deviceType: string
  readonly deviceModel: string
  readonly reason: string
}

/** Lines of the list; the numbers count all. */
const mostLines = 200

/** `more`: held records beside the lines, which nobody read. */
export function digestMail(
  connectorId: string,
  lines: readonly DigestLine[],
  more = 0,
): { subject: string; html: string } {
  const total = lines.length + more
  const shown = lines.slice(0, mostLines)
  const rest = total - shown.length
  const row = (cells: readonly string[]) => `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
  const html = [
    `<p>easgate (connector ${escapeHtml(connectorId)}) newly keeps ${devices(total)} from mail.</p>`,
    `<ul>${counts(lines)
      .map(([reason, number]) => `<li>${number} ${escapeHtml(reason)}</li>`)
      .join('')}</ul>`,
    '<table border="1" cellpadding="4"><tr><th>User</th><th>Type</th><th>Model</th><th>Reason</th></tr>',
    ...shown.map(({ user, deviceType, deviceModel, reason }) => row([user, deviceType, deviceModel, reason])),
    '</table>',
    rest > 0 ? `<p>And ${rest} more: ask easgate for its devices.</p>` : '',
  ]
  return { subject: `easgate: ${devices(total)} newly held`, html: html.join('') }
}

function devices(number: number): string {
  return number === 1 ? '1 device' : `${number} devices`
}

function counts(lines: readonly DigestLine[]): [string, number][] {
  const numbers = new Map<string, number>()
  for (const { reason } of lines) numbers.set(reason, (numbers.get(reason) ?? 0) + 1)
  return [...numbers].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}
