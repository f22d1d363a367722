import { beforeAll, describe, expect, test } from 'vitest'
import { create, get, list, mailboxes, set, startBoth, type Both } from './startBoth.ts'
import { toBase64 } from './startShell.ts'

describe('the category', () => {
  const ends: (() => void | Promise<void>)[] = []
  let both: Both
  beforeAll(async () => {
    const twins = ['t1', 't2'].map((Guid) => ({ Guid, Name: 'twin' }))
    both = await startBoth({ more: { mailboxes: [...mailboxes, ...twins] }, atEnd: (end) => ends.push(end) })
    return async () => {
      for (const end of ends.toReversed()) await end()
    }
  })

  test.each([
    ['notFound', { ...get, parameters: { Identity: 'nobody' } }, {}],
    ['ambiguous', { ...get, parameters: { Identity: 'twin' } }, {}],
    ['parameterHidden', set, { hidden: { parameters: { 'Set-CASMailbox': ['ActiveSyncBlockedDeviceIDs'] } } }],
    ['cmdletHidden', set, { hidden: { cmdlets: ['Set-CASMailbox'] } }],
    ['accessDenied', set, { failNext: [{ reason: 'ADOperationException' }] }],
    ['throttled', set, { failNext: [{ reason: 'PSRemotingTransportException', retryAfterMs: 60_000 }] }],
    ['sessionBroken', create, { failNext: [{ reason: 'InvalidRunspaceStateException' }] }],
    ['sessionBroken', create, { cutNext: [{ when: 'after' }] }],
    ['sessionBroken', set, { cutNext: [{ when: 'before', times: 2 }] }],
    ['sessionBroken', get, { failNext: [{ reason: 'PSRemotingTransportException', times: 2 }] }],
    ['sessionBroken', create, { failNext: [{ reason: 'PSInvalidOperationException' }] }],
    ['shellLimit', get, { failNext: [{ reason: 'X', failureCategory: 'AuthZ-AuthorizationException' }] }],
    ['other', { ...set, parameters: { Identity: null } }, {}],
    ['other', create, { failNext: [{ reason: 'ADObjectAlreadyExistsException' }] }],
    ['other', { ...list, parameters: { Filter: 'rubbish' } }, {}],
    ['expired', { ...set, notAfter: '2020-01-01T00:00:00.000Z' }, {}],
  ])('%s', async (category, command, faults) => {
    const { exchange, shell } = both
    await fetch(`${exchange.url}/_sim/faults`, { method: 'DELETE' })
    await exchange.post('/_sim/faults', faults)
    const { done } = await shell.finish([command])
    expect(done[command.key]).toMatchObject({ ok: false, error: { category } })
  })
})

test('what Exchange says about waiting is passed on when it is longer than the module waits, and waited for when it is not', async () => {
  const { exchange, shell } = await startBoth({ env: { EASGATE_SIM_THROTTLE_MS: '500' } })
  await exchange.post('/_sim/faults', { failNext: [{ reason: 'PSRemotingTransportException', retryAfterMs: 501 }] })
  expect((await shell.finish([set])).done['set']).toMatchObject({ error: { category: 'throttled', retryAfterMs: 501 } })
  await exchange.post('/_sim/faults', {
    failNext: [{ reason: 'PSRemotingTransportException', retryAfterMs: 10, times: 3 }],
  })
  expect((await shell.finish([set])).done['set']).toMatchObject({ ok: true })
})

test.each([
  ['read before its first row', get, { cutNext: [{ when: 'before' }] }],
  ['change', set, { cutNext: [{ when: 'after' }] }],
  ['change', set, { failNext: [{ reason: 'InvalidRunspaceStateException' }] }],
])('a %s is made again in a new session when the session broke', async (_, command, faults) => {
  const { exchange, shell } = await startBoth()
  await exchange.post('/_sim/faults', faults)
  expect((await shell.finish([command])).done[command.key]).toMatchObject({ ok: true })
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 1 })
})

test('a session that breaks in the middle of rows given away is not made good by giving them twice', async () => {
  const { exchange, shell } = await startBoth()
  await exchange.post('/_sim/faults', { cutNext: [{ when: 'midway' }] })
  const rows: string[] = []
  let error: string | undefined
  let request: object = { start: [list], maxRows: 10 }
  while (error === undefined) {
    const { lines } = await shell.step(request)
    rows.push(...lines.flatMap((line) => (line.row ? [String(line.row['Guid'])] : [])))
    error = lines.find((line) => line.done)?.done?.error?.category
    request = { start: [], maxRows: 10 }
  }
  expect(error).toBe('sessionBroken')
  expect(new Set(rows).size).toBe(rows.length)
})

describe('a shell that fails', () => {
  test.each([
    ['exit', { code: 3, signal: null }],
    ['kill', { code: null, signal: 'SIGKILL' }],
  ])('by %s ends in the middle of its reply', async (name, expected) => {
    const { exchange, shell } = await startBoth()
    await exchange.post('/_sim/faults', fault(name))
    await expect(shell.step({ start: [get] })).rejects.toThrow('ended before its reply')
    expect(await shell.exited).toEqual(expected)
  })

  test.each([
    ['rubbish', 'not valid JSON'],
    ['wrongCount', 'the last one says'],
  ])('by %s', async (name, message) => {
    const { exchange, shell } = await startBoth()
    await exchange.post('/_sim/faults', fault(name))
    await expect(shell.step({ start: [get] })).rejects.toThrow(message)
  })

  test('by writing to stderr is otherwise right', async () => {
    const { exchange, shell } = await startBoth()
    await exchange.post('/_sim/faults', fault('stderr'))
    expect((await shell.finish([get])).done['get']).toMatchObject({ ok: true })
    expect(shell.stderr()).toContain('WARNING')
  })

  test('by a reply without a last line goes on with the next line', async () => {
    const { exchange, shell } = await startBoth()
    await exchange.post('/_sim/faults', fault('noEnd'))
    shell.write(`Step-Easgate '${toBase64({ start: [get], waitMs: 5_000 })}'`)
    shell.write('[Console]::Out.Write("ABCDEFGHIJKLMNOP`n")')
    const lines: (string | undefined)[] = []
    while (lines.at(-1) !== 'ABCDEFGHIJKLMNOP') lines.push(await shell.nextLine())
    expect(lines.some((line) => line?.includes('"end"'))).toBe(false)
  })

  test('by flooding prints and prints', async () => {
    const { shell } = await startBoth({ env: { EASGATE_SIM_CHILD: 'flood@2' } })
    await shell.step({ waitMs: 0 })
    shell.write(`Step-Easgate '${toBase64({})}'`)
    for (let lines = 0; lines < 100; lines += 1) expect(await shell.nextLine()).toContain('rubbish')
  })

  test('by hanging says nothing, and ends with its stdin', async () => {
    const { shell } = await startBoth({ env: { EASGATE_SIM_CHILD: 'hang' } })
    shell.write(`Step-Easgate '${toBase64({ waitMs: 0 })}'`)
    shell.write('[Console]::Out.Write("ABCDEFGHIJKLMNOP`n")')
    const line = shell.nextLine()
    shell.endStdin()
    expect(await line).toBeUndefined()
    expect(await shell.exited).toEqual({ code: 0, signal: null })
  })
})

function fault(name: string): object {
  return { childNext: [{ cmdlet: 'Get-CASMailbox', fault: name }] }
}
