import { expect, it } from 'vitest'
import { isBypassed } from '../../../relay/network/bypass.ts'

it.each([
  ['ns.servicebus.windows.net', [], false],
  ['ns.servicebus.windows.net', ['ns.servicebus.windows.net'], true],
  ['NS.ServiceBus.Windows.net.', ['ns.servicebus.windows.net'], true],
  ['g1.servicebus.windows.net', ['ns.servicebus.windows.net'], false],
  ['g1.servicebus.windows.net', ['.servicebus.windows.net'], true],
  ['g1.servicebus.windows.net', ['*.SERVICEBUS.windows.net'], true],
  ['servicebus.windows.net', ['.servicebus.windows.net'], false],
  ['evil-servicebus.windows.net', ['.servicebus.windows.net'], false],
  ['evil-servicebus.windows.net', ['servicebus.windows.net'], false],
  ['ex01.contoso.com', ['other', '.contoso.com'], true],
  ['10.0.0.5', ['10.0.0.5'], true],
  ['10.0.0.55', ['10.0.0.5'], false],
  ['[::1]', ['::1'], true],
  ['::1', ['[::1]'], true],
  ['anything', ['*'], true],
])('the host %s with the bypass list %j is reached without the proxy: %s', (host, bypass, expected) => {
  expect(isBypassed(host, bypass)).toBe(expected)
})
