import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { listenRule, opened, refusal, sendRule, tokenFor } from '../../contract/rendezvousFixture.ts'
import { firstLine, simProgram } from '../simProgram.ts'

const run = simProgram('rendezvous')

const rules = [
  '--listen-key-name',
  'relay',
  '--listen-key',
  listenRule.key,
  '--send-key-name',
  'cloud',
  '--send-key',
  sendRule.key,
]

describe('npm run rendezvous', () => {
  it('prints where it listens, serves its rules, and ends cleanly on SIGTERM', async () => {
    const child = run('--path', 'exchange', '--path', 'other', ...rules, '--print-json')
    const { port, url }: { port: number; url: string } = JSON.parse(await firstLine(child))
    expect(url).toBe(`ws://127.0.0.1:${port}`)
    const socket = await opened(`${url}/$hc/exchange?sb-hc-action=listen`, { token: tokenFor(listenRule) })
    expect(await refusal(`${url}/$hc/other?sb-hc-action=listen`, { token: tokenFor(listenRule) })).toMatchObject({
      status: 403,
    })
    expect(await refusal(`${url}/$hc/exchange?sb-hc-action=listen`, { token: tokenFor(sendRule) })).toMatchObject({
      status: 403,
    })
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    socket.terminate()
  })

  it('ends with its parent if told to', async () => {
    const child = run('--path', 'exchange', '--key-name', 'k', '--key', 's', '--with-parent')
    await firstLine(child)
    child.stdin.end()
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })

  it('explains itself', async () => {
    const child = run('--help')
    const said = await text(child.stdout)
    for (const word of ['--path', '--accept-jwt', '--with-parent', '/_sim/fault', 'killSockets', 'blackHole'])
      expect(said).toContain(word)
  })

  it.each([
    [['--key-name', 'k', '--key', 's'], 'give --path'],
    [['--path', 'x'], 'Nobody could connect'],
    [['--path', 'x', '--key-name', 'k'], 'in pairs: 1 names, 0 keys'],
    [['--path', 'x', '--port', 'many'], 'whole number'],
    [
      ['--path', 'x', '--key-name', 'k', '--key', 's', '--port', '1', '--host', '192.0.2.1'],
      'could not listen on 192.0.2.1:1',
    ],
  ])('refuses %j and says why', async (given, why) => {
    const child = run(...given)
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    expect(said).toContain(why)
    expect(code).toBe(1)
  })
})
