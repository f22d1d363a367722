import { expect, test } from 'vitest'
import { ChildFailure } from '../../../relay/powershell/childFailure.ts'
import { parseCloseReply, parseOpenReply, parseStepReply } from '../../../relay/powershell/stepReply.ts'

const row = '{"key":"c1","row":{"Guid":"g"}}'
const done = '{"key":"c1","done":{"ok":true,"warnings":["w"],"durationMs":51}}'
const failed =
  '{"key":"c2","done":{"ok":false,"warnings":[],"durationMs":3,"error":{"category":"throttled","message":"wait","retryAfterMs":1500}}}'
const end = (lines: number) => `{"end":true,"lines":${lines},"running":2,"queued":5}`

test.each(['\n', '\r\n'])('a whole reply becomes events, whatever ends its lines (%j)', (lineEnd) => {
  expect(parseStepReply([row, done, failed, end(3)].join(lineEnd))).toEqual({
    running: 2,
    queued: 5,
    events: [
      { key: 'c1', row: { Guid: 'g' }, chars: row.length },
      { key: 'c1', done: { ok: true, warnings: ['w'], durationMs: 51 } },
      {
        key: 'c2',
        done: {
          ok: false,
          warnings: [],
          durationMs: 3,
          error: { category: 'throttled', message: 'wait', retryAfterMs: 1500 },
        },
      },
    ],
  })
})

test.each([
  ['nothing', ''],
  ['no last line', [row, done].join('\n')],
  ['a last line that is cut off', [row, end(1).slice(0, -4)].join('\n')],
  ['one line too few', [row, end(2)].join('\n')],
  ['one line too many', [row, 'WARNING: hello', end(1)].join('\n')],
  ['a counted line that is no JSON', ['At line:1 char:1', end(1)].join('\n')],
  ['a line without a key', ['{"row":{}}', end(1)].join('\n')],
  ['a row that is a list', ['{"key":"c1","row":[]}', end(1)].join('\n')],
  ['an outcome without duration', ['{"key":"c1","done":{"ok":true,"warnings":[]}}', end(1)].join('\n')],
  ['a last line without counts', '{"end":true,"lines":0}'],
  ['something behind the last line', [end(0), row].join('\n')],
])('%s is rubbish', (_what, text) => {
  expect(() => parseStepReply(text)).toThrow(ChildFailure)
})

test('a category that the protocol does not have becomes other, and a failure without a reason gets one', () => {
  const odd = '{"key":"c1","done":{"ok":false,"warnings":[],"durationMs":1,"error":{"category":"new","message":"m"}}}'
  const mute = '{"key":"c1","done":{"ok":false,"warnings":[],"durationMs":1}}'
  const { events } = parseStepReply([odd, mute, end(2)].join('\n'))
  expect(events).toMatchObject([
    { done: { error: { category: 'other', message: 'm' } } },
    { done: { error: { category: 'other' } } },
  ])
})

test('long texts are cut, so that no outcome outgrows a message', () => {
  const long = 'x'.repeat(10_000)
  const warnings = Array.from({ length: 100 }, () => long)
  const outcome = { ok: false, warnings, durationMs: 1, error: { category: 'other', message: long } }
  const { events } = parseStepReply([JSON.stringify({ key: 'c1', done: outcome }), end(1)].join('\n'))
  expect(JSON.stringify(events).length).toBeLessThan(50_000)
})

test('the reply to Open-Easgate names Exchange, or an error', () => {
  const relay = { organization: null, server: 'ex01', dialect: 'MobileDevice' }
  expect(parseOpenReply(JSON.stringify({ end: true, lines: 0, relay }))).toEqual(relay)
  const error = { category: 'shellLimit', message: 'too many' }
  expect(parseOpenReply(JSON.stringify({ end: true, lines: 0, error }))).toEqual(error)
  expect(() => parseOpenReply('{"end":true,"lines":0}')).toThrow('neither')
  expect(() => parseCloseReply('')).toThrow(ChildFailure)
})
