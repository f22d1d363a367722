import { expect, test } from 'vitest'
import { readActivation } from '../functions/configActivation.ts'

const read = (env: Record<string, string>) => {
  const problems: string[] = []
  const config = readActivation(env, (setting, problem) => void problems.push(`${setting} ${problem}`))
  return { ...config, problems }
}

test.each([
  [{}, null],
  [{ WEBSITE_HOSTNAME: 'Easgate.azurewebsites.net' }, 'https://easgate.azurewebsites.net'],
  [{ WEBSITE_HOSTNAME: '127.0.0.1:7071' }, 'http://127.0.0.1:7071'],
  [{ WEBSITE_HOSTNAME: 'localhost:7071' }, 'http://localhost:7071'],
  [{ WEBSITE_HOSTNAME: 'evil.example/path' }, null],
  [{ WEBSITE_HOSTNAME: 'x.y', EASGATE_PUBLIC_URL: 'https://phones.contoso.com/' }, 'https://phones.contoso.com'],
])('people reach the app by %o: %s', (env, publicUrl) => {
  expect(read(env as Record<string, string>)).toEqual({ publicUrl, proof: 'deviceClaim', problems: [] })
})

test.each([
  ['http://phones.contoso.com', 'is a http:// address, which is for loopback only'],
  ['https://phones.contoso.com/here', 'has a path'],
  ['phones', 'is not a URL'],
])('%s is no such address', (text, problem) => {
  expect(read({ EASGATE_PUBLIC_URL: text }).problems).toEqual([`EASGATE_PUBLIC_URL ${problem}`])
})

test('the proof is one of three', () => {
  for (const proof of ['deviceClaim', 'signInLog', 'compliantOnly'])
    expect(read({ EASGATE_DEVICE_PROOF: proof })).toMatchObject({ proof, problems: [] })
  expect(read({ EASGATE_DEVICE_PROOF: 'trust' }).problems).toEqual(['EASGATE_DEVICE_PROOF is no way to prove a device'])
})
