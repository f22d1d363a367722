/** The relay's program itself, behind a real proxy: what an administrator sees. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Rendezvous } from '../../../sim/rendezvous/startRendezvous.ts'
import { read } from '../cloud.ts'
import { connectThrough, rule, startNamespace, startProgram, writeConfig } from '../relayProgram.ts'
import { newFolder } from '../startRelay.ts'
import { hasTinyproxy, startTinyproxy } from './tinyproxy.ts'

const password = 'Sesame42'
process.env['EASGATE_TEST_PROXY_PASSWORD'] = password
process.env['EASGATE_TEST_WRONG_PASSWORD'] = 'Sesame43'

let rendezvous: Rendezvous
beforeEach(async () => {
  rendezvous = await startNamespace()
})

const account = (name: string) => ({ user: 'svc', password: { env: name } })

describe.skipIf(!hasTinyproxy)('the program behind tinyproxy with Basic', () => {
  it('registers, serves a conversation, and says nothing of the credentials', async () => {
    const proxy = await startTinyproxy({ account: { user: 'svc', password } })
    onTestFinished(async () => proxy.kill())
    const settings = { proxy: { address: proxy.address, account: account('EASGATE_TEST_PROXY_PASSWORD') } }
    const program = startProgram(['--config', writeConfig(rendezvous, settings)])
    await program.ready()
    const cloud = await (await connectThrough(rendezvous)).hello()
    expect((await cloud.run([read('rows=3')])).results).toMatchObject([{ ok: true, rowCount: 3 }])
    expect(proxy.log().match(/: CONNECT /g)).toHaveLength(2)
    program.child.kill('SIGTERM')
    expect(await program.exited).toEqual([0, null])
    const basic = Buffer.from(`svc:${password}`).toString('base64')
    for (const secret of [password, basic, rule.key]) {
      expect(program.said.stderr).not.toContain(secret)
      expect(program.said.stdout).not.toContain(secret)
    }
  })

  it.each([
    ['no account', undefined, 407, 'give it an account with easgate-relay configure'],
    ['a wrong password', account('EASGATE_TEST_WRONG_PASSWORD'), 401, 'correct proxy.account'],
  ])('logs an error with the remedy when it has %s', async (_name, given, status, remedy) => {
    const proxy = await startTinyproxy({ account: { user: 'svc', password } })
    onTestFinished(async () => proxy.kill())
    const settings = { proxy: { address: proxy.address, ...(given && { account: given }) } }
    const program = startProgram(['--config', writeConfig(rendezvous, settings)])
    await program.logged('relay.channel.down')
    const line = program.said.stderr.split('\n').find((text) => text.includes('relay.channel.down')) ?? ''
    expect(JSON.parse(line)).toMatchObject({ level: 50, proxyStatus: status, remedy: expect.stringContaining(remedy) })
    expect(program.said.stderr).not.toContain('Sesame43')
  })
})

it('ends at once, and says why, when the file of its private authority is no certificate', async () => {
  const caFile = path.join(newFolder(), 'ca.pem')
  writeFileSync(caFile, 'hello')
  const address = `${rendezvous.url}/$hc/exchange`
  const settings = { rendezvous: { address, keyName: rule.name, key: { env: 'EASGATE_LISTEN_KEY' }, caFile } }
  const program = startProgram(['--config', writeConfig(rendezvous, settings)])
  expect(await program.exited).toEqual([1, null])
  expect(program.said.stderr).toContain(`${caFile} cannot be used`)
  expect(program.said.stderr).toContain('it holds no certificate in PEM')
  expect(program.said.stderr).not.toContain('    at ')
})
