/** functions/wiring*.ts: what the handlers get, without a network. */
import { afterEach, describe, expect, test } from 'vitest'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { wire } from '../functions/wiring.ts'
import { graphCredential, managedIdentity } from '../functions/wiringCredential.ts'
import { contextLog } from '../functions/wiringLog.ts'
import { openRelaySocket } from '../functions/wiringRendezvous.ts'
import { newKeyPair } from '../protocol/signing.ts'

const good = {
  EASGATE_CONNECTORS:
    '[{"id":"contoso","name":"Contoso","rendezvous":{"address":"ws://127.0.0.1:1/$hc/x","keyName":"send","key":"k"}}]',
  EASGATE_SIGNING_KEY: newKeyPair().privateKey,
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
}
const lines: string[] = []
const context = {
  info: (text: string) => void lines.push(`info ${text}`),
  warn: (text: string) => void lines.push(`warn ${text}`),
  error: (text: string) => void lines.push(`error ${text}`),
}
afterEach(() => void lines.splice(0))

describe('wiring', () => {
  test('of a whole configuration gives ports to every invocation, and shares what is worth sharing', async () => {
    const wiring = wire(good)
    expect(wiring).toMatchObject({ connectors: [{ id: 'contoso', name: 'Contoso' }], problems: [] })
    const [first, second] = [await wiring.ports(context), await wiring.ports(context)]
    expect(first.queue).toBe(second.queue)
    expect(first.directory).not.toBe(second.directory)
    expect(first.newId()).not.toBe(first.newId())
    expect(first.hash('a')).toBe('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb')
  })

  test('counts the table requests of an invocation from zero', async () => {
    const server = createServer((_request, response) => void response.writeHead(403).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wiring = wire({ ...good, AzureWebJobsStorage: storageAt(portOf(server)) })
    const first = await wiring.ports(context)
    await expect(first.store.relays('contoso')).rejects.toMatchObject({ code: 'storeFailed' })
    expect(first.store.requests()).toBeGreaterThan(0)
    expect((await wiring.ports(context)).store.requests()).toBe(0)
    server.close()
  })

  test('of a broken configuration throws nothing until ports are asked for, then every problem', async () => {
    const wiring = wire({ EASGATE_SIGNING_KEY: good.EASGATE_SIGNING_KEY })
    expect(wiring.connectors).toEqual([])
    expect(wiring.problems.map((problem) => problem.split(' ')[0])).toEqual([
      'EASGATE_CONNECTORS',
      'AzureWebJobsStorage',
    ])
    const said = `the app is not configured: ${wiring.problems.join('. ')}`
    await expect(wiring.ports(context)).rejects.toMatchObject({ code: 'badConfiguration', message: said })
  })
})

function storageAt(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/devstoreaccount1`
  return `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=aGVsbG8=;TableEndpoint=${endpoint};QueueEndpoint=${endpoint};`
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return address.port
}

describe('the log', () => {
  test('writes one JSON object a line, the event first', () => {
    const log = contextLog(context)
    log.info('runStarted', { runId: 'r1', kind: 'full' })
    log.warn('stepFailed')
    log.error('httpFailed', { error: new TypeError('no') })
    expect(lines).toEqual([
      'info {"event":"runStarted","runId":"r1","kind":"full"}',
      'warn {"event":"stepFailed"}',
      'error {"event":"httpFailed","error":"TypeError: no"}',
    ])
  })

  test('hides what is named like a secret, however deep', () => {
    contextLog(context).info('x', {
      token: 'a',
      deep: { clientSecret: 'b', ServiceBusAuthorization: 'c' },
      publicKey: 'd',
    })
    expect(lines).toEqual([
      'info {"event":"x","token":"[hidden]","deep":{"clientSecret":"[hidden]","ServiceBusAuthorization":"[hidden]"},"publicKey":"d"}',
    ])
  })
})

describe('credentials', () => {
  let server: Server | undefined
  afterEach(() => void server?.close())

  test('a Graph on loopback gets no token, any other does', () => {
    const identity = managedIdentity(null)
    expect(graphCredential('http://127.0.0.1:4711', identity)).toBeNull()
    expect(graphCredential('https://localhost:4711', identity)).toBeNull()
    expect(graphCredential('https://graph.microsoft.com', identity)).toBe(identity)
    expect(graphCredential('https://127.0.0.1.evil.example', identity)).toBe(identity)
  })

  test('the identity is asked where the platform says, with its client id', async () => {
    const asked: (string | undefined)[] = []
    server = createServer((request, response) => {
      asked.push(request.url)
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          access_token: 'jwt',
          expires_on: Math.floor(Date.now() / 1000) + 3600,
          resource: 'r',
          token_type: 'Bearer',
        }),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const saved = { endpoint: process.env['IDENTITY_ENDPOINT'], header: process.env['IDENTITY_HEADER'] }
    process.env['IDENTITY_ENDPOINT'] = `http://127.0.0.1:${portOf(server)}/msi/token`
    process.env['IDENTITY_HEADER'] = 'h'
    try {
      const token = await managedIdentity('client-7').getToken('https://relay.azure.net/.default')
      expect(token?.token).toBe('jwt')
      expect(asked.map((url) => new URLSearchParams(url?.split('?')[1]).get('client_id'))).toEqual(['client-7'])
    } finally {
      restore('IDENTITY_ENDPOINT', saved.endpoint)
      restore('IDENTITY_HEADER', saved.header)
    }
  })
})

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

describe('the rendezvous', () => {
  const credential = { getToken: async () => ({ token: 'the-jwt', expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const scope = 'https://relay.azure.net/.default'

  test('of a connector that is not configured any more is a fault of the configuration', async () => {
    const open = openRelaySocket({ connectors: [], relayTokenScope: scope }, credential)
    await expect(open('gone')).rejects.toMatchObject({ code: 'badConfiguration', retryable: false })
  })

  test.each([
    ['its shared access rule', { keyName: 'send', key: 'k' }, /^SharedAccessSignature sr=.*&skn=send$/],
    ['the managed identity', null, /^the-jwt$/],
  ])('is dialled with %s', async (_title, rule, expected) => {
    const server = createServer()
    const tokens: unknown[] = []
    server.on('upgrade', (request, socket) => {
      tokens.push(request.headers['servicebusauthorization'])
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `ws://127.0.0.1:${portOf(server)}/$hc/contoso`
    const connectors = [{ id: 'contoso', name: 'contoso', rendezvous: { address, rule } }]
    const open = openRelaySocket({ connectors, relayTokenScope: scope }, credential)
    await expect(open('contoso')).rejects.toMatchObject({ kind: 'unauthorized' })
    server.close()
    expect(tokens).toEqual([expect.stringMatching(expected)])
  })
})
