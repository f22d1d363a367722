import { expect, it } from 'vitest'
import { acceptAddressProblem } from '../../../relay/rendezvous/acceptAddress.ts'
import { listenerSettings } from '../../../relay/rendezvous/listenerOptions.ts'

const own = {
  address: 'wss://contoso.servicebus.windows.net/$hc/exchange',
  allowedHostSuffix: 'servicebus.windows.net',
}

it.each([
  ['wss://g63-prod-am3-001-sb.servicebus.windows.net:443/$hc/exchange?sb-hc-action=accept', undefined],
  ['wss://CONTOSO.ServiceBus.Windows.NET/$hc/exchange', undefined],
  ['wss://servicebus.windows.net/$hc/exchange', undefined],
  ['wss://evil-servicebus.windows.net/$hc/exchange', 'its host'],
  ['wss://servicebus.windows.net.evil.example/$hc/exchange', 'its host'],
  ['wss://evil.example/$hc/servicebus.windows.net', 'its host'],
  ['wss://10.0.0.5/$hc/exchange', 'its host'],
  ['wss://g1.servicebus.windows.net@evil.example/$hc/exchange', 'user name'],
  ['ws://g1.servicebus.windows.net/$hc/exchange', 'its scheme'],
  ['https://g1.servicebus.windows.net/$hc/exchange', 'its scheme'],
  ['wss://g1.servicebus.windows.net/admin', 'its path'],
  ['wss://', 'not a URL'],
])('an accept address %s has the problem %s', (address, problem) => {
  const found = acceptAddressProblem(address, own)
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(problem)
})

it.each([
  ['wss://contoso.servicebus.windows.net/$hc/x', 'servicebus.windows.net'],
  ['wss://contoso.servicebus.chinacloudapi.cn/$hc/x', 'servicebus.chinacloudapi.cn'],
  ['ws://127.0.0.1:99/$hc/x', '127.0.0.1'],
  ['ws://localhost:99/$hc/x', 'localhost'],
])('from the address %s, hosts under %s are allowed', (address, suffix) => {
  const settings = listenerSettings({
    address,
    tokenProvider: async () => ({ token: '', expiresAt: 0 }),
    maxConversations: 1,
    onConversation: () => {},
    log: () => {},
  })
  expect(settings.allowedHostSuffix).toBe(suffix)
})
