import { describe, expect, test } from 'vitest'
import { create, devices, get, list, mailboxes, set, startBoth } from './startBoth.ts'
import { startShell } from './startShell.ts'

test('a command gives its rows, then its outcome with warnings and duration', async () => {
  const { shell } = await startBoth()
  const { rows, done } = await shell.finish([get, create, set])
  expect(rows).toEqual({ get: [{ Guid: 'm1', Name: 'Üser 1' }], new: [{ Name: 'iPad (DeviceType)' }] })
  expect(done).toEqual({
    get: { ok: true, warnings: [], durationMs: expect.any(Number) },
    new: { ok: true, warnings: [], durationMs: expect.any(Number) },
    set: { ok: true, warnings: [], durationMs: expect.any(Number) },
  })
  const again = await shell.finish([set])
  expect(again.done['set']?.warnings).toEqual([expect.stringContaining('no settings of')])
})

describe('steps', () => {
  test('give at most maxRows rows, every row once, and the outcome last', async () => {
    const { shell } = await startBoth()
    const guids: unknown[] = []
    let done = false
    let request: object = { start: [list], maxRows: 700 }
    while (!done) {
      const { lines, end } = await shell.step(request)
      const rows = lines.filter((line) => line.row)
      expect(rows.length).toBeLessThanOrEqual(700)
      guids.push(...rows.map((line) => line.row?.['Guid']))
      done = lines.some((line) => line.done)
      expect(end.running).toBe(done ? 0 : 1)
      request = { maxRows: 700 }
    }
    expect(guids).toEqual(devices.map(({ Guid }) => Guid))
  })

  test('give no rows of what is held, nor its outcome, and all of it later', async () => {
    const { shell } = await startBoth()
    const first = await shell.step({ start: [list, get], hold: ['list'] })
    const others = await shell.step({ hold: ['list'], waitMs: 50 })
    const keys = [...first.lines, ...others.lines].map((line) => line.key)
    expect(new Set(keys)).toEqual(new Set(['get']))
    expect(others.end).toMatchObject({ running: 1, queued: 0 })
    let rows = 0
    for (let done = false; !done;) {
      const { lines } = await shell.step({})
      rows += lines.filter((line) => line.row).length
      done = lines.some((line) => line.done)
    }
    expect(rows).toBe(devices.length)
  })

  test('run at most `parallel` at once and queue the rest', async () => {
    const { exchange, shell } = await startBoth({ settings: { parallel: 2 } })
    await exchange.post('/_sim/faults', { hangNext: [{ times: 2 }] })
    const start = mailboxes.slice(0, 5).map(({ Guid }) => ({ ...get, key: Guid, parameters: { Identity: Guid } }))
    const { end } = await shell.step({ start, waitMs: 0 })
    expect(end).toMatchObject({ running: 2, queued: 3 })
    const withdrawn = await shell.step({ cancel: ['m4'] })
    expect(withdrawn).toMatchObject({ lines: [{ key: 'm4' }], end: { running: 2, queued: 2 } })
    const keys: string[] = []
    for (let request: object = { cancel: ['m0', 'm1'] }; keys.length < 4; request = {}) {
      keys.push(...(await shell.step(request)).lines.flatMap((line) => (line.done ? line.key : [])))
    }
    expect(keys.toSorted()).toEqual(['m0', 'm1', 'm2', 'm3'])
  })

  test('end what is cancelled as refused, running or queued, and free the runspace', async () => {
    const { exchange, shell } = await startBoth({ settings: { parallel: 1 } })
    await exchange.post('/_sim/faults', { hangNext: [{ cmdlet: 'Get-MobileDevice' }] })
    await shell.step({ start: [list, get, set], waitMs: 0 })
    const done: Record<string, string> = {}
    let request: object = { cancel: ['list', 'get', 'unknown'] }
    while (Object.keys(done).length < 3) {
      const { lines } = await shell.step(request)
      for (const line of lines) if (line.done) done[line.key] = line.done.error?.category ?? 'ok'
      request = {}
    }
    expect(done).toEqual({ list: 'refused', get: 'refused', set: 'ok' })
  })

  test('return empty after waitMs when nothing happens', async () => {
    const { exchange, shell } = await startBoth()
    await exchange.post('/_sim/faults', { hangNext: [{}] })
    expect(await shell.step({ start: [get], waitMs: 20 })).toEqual({
      lines: [],
      end: { end: true, lines: 0, running: 1, queued: 0, open: 1 },
    })
  })

  test('carry 500 commands', async () => {
    const { shell, exchange } = await startBoth()
    const start = Array.from({ length: 500 }, (_, index) => ({
      ...set,
      key: `c${index}`,
      parameters: { Identity: `m${index % 20}`, ActiveSyncAllowedDeviceIDs: { Add: [`id${index}`] } },
    }))
    const { done } = await shell.finish(start)
    expect(Object.values(done).every(({ ok }) => ok)).toBe(true)
    expect(await exchange.get('/_sim/commands')).toMatchObject({ count: 500 })
  })
})

test('it makes do with the shells that it gets, and says so when it gets none', async () => {
  const { exchange, shell } = await startBoth({ settings: { parallel: 15 } })
  await exchange.post('/_sim/faults', { shellLimit: 2 })
  const start = mailboxes.map(({ Guid }) => ({ ...get, key: Guid, parameters: { Identity: Guid } }))
  const { done } = await shell.finish(start)
  expect(Object.values(done).filter(({ ok }) => ok).length).toBe(20)
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 2 })
  const second = startShell(exchange.url)
  expect((await second.open()).end['error']).toMatchObject({ category: 'shellLimit', retryAfterMs: expect.any(Number) })
})

test('an Exchange that cannot be reached fails the opening', async () => {
  const { exchange } = await startBoth()
  await exchange.post('/_sim/faults', { unreachable: ['*'] })
  expect((await startShell(exchange.url).open()).end['error']).toMatchObject({ category: 'sessionBroken' })
  expect((await startShell('http://127.0.0.1:1').open()).end['error']).toMatchObject({ category: 'sessionBroken' })
})

test('a session that cannot view the entire forest is not used', async () => {
  const { exchange } = await startBoth()
  await exchange.post('/_sim/faults', { hidden: { cmdlets: ['Set-ADServerSettings'] } })
  const second = startShell(exchange.url)
  const { end } = await second.open({ connection: { viewEntireForest: true } })
  expect(end['error']).toMatchObject({ category: 'cmdletHidden' })
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 1 })
})

test('closing gives the shells back, and so does the end of stdin', async () => {
  const { exchange, shell } = await startBoth({ settings: { connection: { viewEntireForest: true } } })
  await shell.finish(mailboxes.map(({ Guid }) => ({ ...get, key: Guid })))
  await shell.close()
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 0 })
  expect((await shell.step({})).end['error']).toMatchObject({ category: 'other' })
  await shell.open()
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 1 })
  shell.endStdin()
  expect(await shell.exited).toEqual({ code: 0, signal: null })
  expect(await exchange.get('/_sim/shells')).toMatchObject({ open: 0 })
})
