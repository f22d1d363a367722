import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { EntryLimit, limitWindowMs } from '../../relay/eventLog/entryLimit.ts'
import { EventLog, type EventLogOptions } from '../../relay/eventLog/eventLog.ts'
import { eventTable } from '../../relay/eventLog/eventTable.ts'
import { openEventLog, reportProblems } from '../../relay/eventLog/openEventLog.ts'
import { toEventEntry, type EventEntry } from '../../relay/eventLog/toEventEntry.ts'
import { makeLog } from '../../relay/log.ts'
import { newFolder } from './startRelay.ts'

const time = '2026-11-21T20:00:00.000Z'
const lineOf = (event: string, fields: object = {}) => `${JSON.stringify({ level: 30, time, event, ...fields })}\n`

describe('the table', () => {
  test('an id and an event stand in it once', () => {
    const ids = eventTable.map(({ id }) => id)
    const events = eventTable.map(({ event }) => event)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(events).size).toBe(events.length)
    expect(ids.filter((id) => id < 1000 || id > 1999)).toEqual([])
  })

  test('it is the one in docs/relay.md', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/relay.md'), 'utf8')
    const rows = [...page.matchAll(/^\| (\d{4}) +\| (\w+) +\| `([\w.]+)`/gm)].map(([, id, level, event]) => ({
      id: Number(id),
      level,
      event,
    }))
    expect(rows).toEqual(eventTable.map(({ id, level, event }) => ({ id, level, event })))
  })

  test('each warning and error says what to do', () => {
    expect(eventTable.filter(({ level, remedy }) => level !== 'Information' && !remedy)).toEqual([])
  })
})

describe('an entry', () => {
  test('says what happened, what to do, and where the log has more', () => {
    expect(toEventEntry(lineOf('relay.credential.refused', { server: 'ex01.contoso.com', message: 'no' }))).toEqual({
      id: 1030,
      level: 'Error',
      text: [
        'Exchange server ex01.contoso.com refuses the account of the relay.',
        'What to do: Has its password changed, is it locked or disabled? Run: easgate-relay configure. Then run: easgate-relay check',
        `In the log: relay.credential.refused, ${time}.`,
      ].join('\r\n\r\n'),
    })
  })

  test.each([
    [
      'relay.starting',
      { version: '0.1.0', connectorId: 'contoso', fingerprint: 'ab12' },
      1000,
      'version 0.1.0, connector contoso, key ab12',
    ],
    [
      'relay.server.failedOver',
      { from: 'ex1', to: 'ex2', reason: 'ex1 failed' },
      1020,
      'server ex1 failed; the relay uses ex2',
    ],
    ['relay.server.returned', { from: 'ex2', to: 'ex1' }, 1021, 'first Exchange server ex1 again'],
    [
      'relay.permission.missing',
      { missing: ['Set-CASMailbox', 'Get-Recipient -Filter'] },
      1040,
      'may not use: Set-CASMailbox, Get-Recipient -Filter.',
    ],
    ['relay.mail.failed', { category: 'mailDelayed' }, 1050, 'Category: mailDelayed.'],
    ['relay.retired', { by: 'fabrikam' }, 1060, 'connector fabrikam serves'],
    ['relay.retired', { by: null }, 1060, 'an administrator of easgate retired'],
    ['relay.channel.down', { status: 401 }, 1013, 'HTTP 401'],
    ['relay.refused', { code: 'badSignature' }, 1080, '(badSignature)'],
  ])('%s %j has the id %i', (event, fields, id, text) => {
    const entry = toEventEntry(lineOf(event, fields))
    expect(entry?.id).toBe(id)
    expect(entry?.text).toContain(text)
  })

  test.each([
    ['a line of another event', lineOf('relay.batch')],
    ['a channel that broke without being refused', lineOf('relay.channel.down', { status: 503 })],
    ['a batch that came too late', lineOf('relay.refused', { code: 'expired' })],
    ['the name of an event inside another line', lineOf('relay.batch', { text: '"event":"relay.stopped"' })],
    ['a line that is cut off', '{"event":"relay.stopped"'],
    ['no line', ''],
  ])('%s makes none', (_what, line) => {
    expect(toEventEntry(line)).toBeUndefined()
  })

  test('whatever the log line holds, no text of a person or of a server gets into it', () => {
    const secret = 'Access denied for jane.doe@contoso.com'
    const fields = [
      'version',
      'connectorId',
      'fingerprint',
      'status',
      'from',
      'to',
      'reason',
      'server',
      'category',
      'by',
      'code',
      'problem',
      'message',
    ]
    const hostile = Object.fromEntries(fields.map((name) => [name, secret]))
    const missing = [secret, { cmdlet: secret }, `Get-X ${secret}`]
    for (const { event } of eventTable) {
      for (const more of [{}, { status: 403 }, { code: 'badSignature' }]) {
        const text = toEventEntry(lineOf(event, { ...hostile, err: { message: secret }, missing, ...more }))?.text ?? ''
        expect(text).not.toMatch(/jane|denied for/)
      }
    }
  })

  test('of many missing cmdlets the first twenty are named', () => {
    const missing = Array.from({ length: 25 }, (_none, index) => `Get-Cmdlet${index}`)
    expect(toEventEntry(lineOf('relay.permission.missing', { missing }))?.text).toMatch(/Get-Cmdlet19 and 5 more\./)
  })
})

const entry = (id: number, text = `text of ${id}`): EventEntry => ({ id, level: 'Warning', text })

describe('the limit', () => {
  test('three a minute of an id pass at once; of the others one, with their number, when the minute is over', () => {
    const limit = new EntryLimit()
    const passed = Array.from({ length: 1_000 }, (_none, index) =>
      limit.take(entry(1050, `mail ${index}`), index * 10),
    ).flat()
    expect(passed.map(({ text }) => text)).toEqual(['mail 0', 'mail 1', 'mail 2'])
    expect(limit.nextDueMs()).toBe(limitWindowMs)
    expect(limit.due(limitWindowMs - 1)).toEqual([])
    expect(limit.due(limitWindowMs)).toEqual([
      entry(1050, 'mail 999\r\n\r\n997 more of these since 1970-01-01T00:00:00.000Z; this is the last of them.'),
    ])
    expect(limit.nextDueMs()).toBeUndefined()
    expect(limit.take(entry(1050, 'next'), limitWindowMs)).toEqual([entry(1050, 'next')])
  })

  test('an id does not count for another', () => {
    const limit = new EntryLimit()
    for (let count = 0; count < 10; count += 1) limit.take(entry(1050), 0)
    expect(limit.take(entry(1030), 0)).toEqual([entry(1030)])
  })

  test('a clock that is set back holds nothing back for long', () => {
    const limit = new EntryLimit()
    for (let count = 0; count < 4; count += 1) limit.take(entry(1050), 1_000_000)
    expect(limit.take(entry(1050, 'after'), 10).map(({ text }) => text)).toEqual([
      expect.stringContaining('1 more of these'),
      'after',
    ])
  })
})

interface TestEventLog {
  readonly eventLog: EventLog
  readonly written: EventEntry[][]
  readonly said: string[]
  /** Set: what the next writes reject with. */
  failure: Error | undefined
  /** Resolves when so many writes were tried. */
  readonly tried: (count: number) => Promise<void>
}

function startEventLog(changes: Partial<EventLogOptions> = {}): TestEventLog {
  const written: EventEntry[][] = []
  const tries = new EventEmitter()
  let count = 0
  const made: TestEventLog = {
    eventLog: new EventLog({
      write: async (entries) => {
        count += 1
        tries.emit('try')
        if (made.failure) throw made.failure
        written.push([...entries])
      },
      writeNow: (entries) => written.push([...entries]),
      times: { collectMs: 5, firstRetryMs: 5, longestRetryMs: 20 },
      ...changes,
    }),
    written,
    said: [],
    failure: undefined,
    tried: async (wanted) => {
      for (let left = wanted - count; left > 0; left -= 1) await once(tries, 'try')
    },
  }
  made.eventLog.onProblem = (problem) => made.said.push(problem)
  made.eventLog.onRepaired = () => made.said.push('repaired')
  return made
}

describe('the mirror', () => {
  test('entries that come together are written together, in order', async () => {
    const { eventLog, written, tried } = startEventLog()
    for (const event of ['relay.starting', 'relay.batch', 'relay.connected', 'relay.stopped'])
      eventLog.write(lineOf(event))
    await tried(1)
    expect(written.map((entries) => entries.map(({ id }) => id))).toEqual([[1000, 1010, 1001]])
  })

  test('a storm of ten thousand lines makes four entries', async () => {
    let nowMs = 0
    const { eventLog, written } = startEventLog({ now: () => nowMs })
    for (let count = 0; count < 10_000; count += 1) {
      nowMs += 1
      eventLog.write(lineOf('relay.mail.failed', { category: 'mailRefused' }))
    }
    await eventLog.close()
    expect(written.flat()).toHaveLength(4)
    expect(written.flat().at(-1)?.text).toContain('9997 more of these')
  })

  test('a log that cannot be written is said once; nothing is lost, and it is tried again', async () => {
    const at = startEventLog()
    at.failure = new Error('the source is not registered')
    at.eventLog.write(lineOf('relay.starting'))
    await at.tried(3)
    expect(at.said).toEqual(['the source is not registered'])
    at.failure = undefined
    await at.tried(4)
    await at.eventLog.close()
    expect(at.written.flat().map(({ id }) => id)).toEqual([1000])
    expect(at.said).toEqual(['the source is not registered', 'repaired'])
  })

  test('while it cannot be written, the youngest two hundred entries wait', async () => {
    let nowMs = 0
    const at = startEventLog({ now: () => nowMs, times: { collectMs: 3_600_000, firstRetryMs: 1, longestRetryMs: 1 } })
    for (let count = 0; count < 300; count += 1) {
      nowMs += 2 * limitWindowMs
      at.eventLog.write(lineOf('relay.starting', { version: `v${count}` }))
    }
    await at.eventLog.close()
    expect(at.written.flat()).toHaveLength(200)
    expect(at.written.flat().at(-1)?.text).toContain('version v299')
  })

  test('the end does not wait for a log that cannot be written', async () => {
    const at = startEventLog()
    at.failure = new Error('no')
    at.eventLog.write(lineOf('relay.stopped'))
    await at.eventLog.close()
    expect(at.written).toEqual([])
  })

  test('a crash is written before the process ends, with what waits', () => {
    const { eventLog, written } = startEventLog({ times: { collectMs: 3_600_000, firstRetryMs: 1, longestRetryMs: 1 } })
    const file = path.join(newFolder(), 'relay.log')
    const log = makeLog({ file, level: 'info' }, eventLog)
    log.info({ event: 'relay.starting' })
    log.fatal({ event: 'relay.crashed', err: new Error('x') })
    expect(written.map((entries) => entries.map(({ id }) => id))).toEqual([[1000, 1002]])
  })

  test('nothing that the writer throws reaches the relay', () => {
    const writeNow = () => {
      throw new Error('no PowerShell')
    }
    const { eventLog } = startEventLog({ writeNow })
    eventLog.write(lineOf('relay.crashed'))
    expect(() => eventLog.flushSync()).not.toThrow()
  })
})

describe('on this computer', () => {
  const calls: [string, object][] = []
  const windows = async (operation: string, input: object) => {
    calls.push([operation, input])
    return {}
  }
  const windowsNow = (operation: string, input: object) => void calls.push([operation, input])

  test.each([
    ['not Windows', { eventLog: true }, 'linux'],
    ['switched off', { eventLog: false }, 'win32'],
  ])('%s: there is no mirror', (_what, log, platform) => {
    expect(openEventLog(log, { platform, windows, windowsNow })).toBeUndefined()
  })

  test('on Windows the entries go to the script, on its source', async () => {
    const eventLog = openEventLog({ eventLog: true }, { platform: 'win32', windows, windowsNow })
    reportProblems(eventLog, pino({ level: 'silent' }))
    eventLog?.write(lineOf('relay.stopped'))
    await eventLog?.close()
    expect(calls).toEqual([
      ['writeEvents', { source: 'easgate relay', entries: [toEventEntry(lineOf('relay.stopped'))] }],
    ])
  })
})
