import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startExchange } from './startExchange.ts'
import { startShell } from './startShell.ts'

const count = 100_000

test('100,000 devices pass through a slow reader, all of them, while the memory of the shell stays flat', async () => {
  const mailboxes = [{ Guid: 'm', PrimarySmtpAddress: 'm@contoso.com' }]
  const devices = Array.from({ length: count }, (_, index) => ({
    Guid: `d${index}`,
    Mailbox: 'm',
    DeviceId: `ApplDX3K${index}`,
    DeviceType: 'iPhone',
    DeviceUserAgent: 'Apple-iPhone14C2/2104.65',
  }))
  const exchange = await startExchange({ mailboxes, devices })
  const shell = startShell(exchange.url)
  await shell.open()
  const get = {
    cmdlet: 'Get-MobileDevice',
    parameters: { ResultSize: 'Unlimited' },
    returns: ['Guid', 'Identity', 'DistinguishedName'],
  }
  const before = { shell: peakKb(shell.pid), exchange: peakKb(exchange.pid) }
  let rows = 0
  let request: object = {
    start: [
      { key: 'a', ...get },
      { key: 'held', ...get },
    ],
    hold: ['held'],
  }
  for (let done = false; !done; request = { hold: ['held'] }) {
    const { lines } = await shell.step(request)
    rows += lines.filter((line) => line.key === 'a' && line.row).length
    done = lines.some((line) => line.done)
  }
  expect(rows).toBe(count)
  // One listing alone is 30 MB of text, and the held one has been asked for as well.
  expect(peakKb(shell.pid) - before.shell).toBeLessThan(60_000)
  expect(peakKb(exchange.pid) - before.exchange).toBeLessThan(100_000)
})

function peakKb(pid: number): number {
  return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
