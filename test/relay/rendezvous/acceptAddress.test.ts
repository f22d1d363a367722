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
  // What a reader and a parser may see differently: the parser is the one that dials, and it is asked
  ['wss://g1.servicebus.windows.net:443@evil.example/$hc/exchange', 'user name'],
  ['wss://:secret@g1.servicebus.windows.net/$hc/exchange', 'user name'],
  ['wss://evil.example\\@g1.servicebus.windows.net/$hc/exchange', 'its path'],
  ['wss://evil.example/$hc/\\@g1.servicebus.windows.net/$hc/exchange', 'its host evil.example'],
  ['wss://evil.example#.servicebus.windows.net/$hc/exchange', 'its path'],
  ['wss://evil.example?.servicebus.windows.net/$hc/exchange', 'its path'],
  ['wss://evil.example/$hc/x?@g1.servicebus.windows.net', 'its host evil.example'],
  ['wss:evil.example/$hc/exchange', 'its host evil.example'],
  ['wss:///evil.example/$hc/exchange', 'its host evil.example'],
  ['wss://g1.servicebus.windows.net.', 'its path'],
  ['wss://g1.servicebus.windows.net./$hc/exchange', 'its host g1.servicebus.windows.net.'],
  ['wss://g1.servicebus.windows.net..evil.example/$hc/exchange', 'its host'],
  ['wss://g1.servicebus.windows.net%2eevil.example/$hc/exchange', 'its host g1.servicebus.windows.net.evil.example'],
  ['wss://g1.servicebus.windows.net%00.evil.example/$hc/exchange', 'not a URL'],
  ['wss://evil.example\t.example/$hc/exchange', 'its host evil.example.example'],
  ['wss://evilservicebus.windows.net/$hc/exchange', 'its host'],
  ['wss://xservicebus.windows.net:443/$hc/exchange', 'its host'],
  ['wss://servicebus.windows.net-evil.example/$hc/exchange', 'its host'],
  ['wss://windows.net/$hc/exchange', 'its host'],
  // Letters that only look right, and dots of other alphabets
  ['wss://g1.servicebus.w\u0456ndows.net/$hc/exchange', 'its host g1.servicebus.xn--'],
  ['wss://evil\u3002example/$hc/exchange', 'its host evil.example'],
  ['wss://g1\u3002servicebus\u3002windows\u3002net/$hc/exchange', undefined],
  // Addresses in every spelling
  ['wss://[::1]/$hc/exchange', 'its host [::1]'],
  ['wss://[::ffff:10.0.0.5]/$hc/exchange', 'its host [::ffff:'],
  ['wss://0x0a000005/$hc/exchange', 'its host 10.0.0.5'],
  ['wss://167772165/$hc/exchange', 'its host 10.0.0.5'],
  ['wss://localhost/$hc/exchange', 'its host localhost'],
  // Paths
  ['wss://g1.servicebus.windows.net/$hc/../admin', 'its path'],
  ['wss://g1.servicebus.windows.net/$hc/%2e%2e/admin', 'its path'],
  ['wss://g1.servicebus.windows.net/%24hc/exchange', 'its path'],
  // Any port of a host that is allowed: Private Link uses 9400 to 9599
  ['wss://g1.servicebus.windows.net:9401/$hc/exchange', undefined],
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
  ['ws://[::1]:99/$hc/x', '[::1]'],
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
