/** Queue texts and outputs, as pure conversions. */
import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, toMessages } from '../../../sim/host/queueMessage.ts'

test.each(['', 'x', '{"a":"ü€😀"}', ' \n'])('%j survives both encodings', (text) => {
  expect(decodeMessage(encodeMessage(text, 'base64'), 'base64')).toBe(text)
  expect(decodeMessage(encodeMessage(text, 'none'), 'none')).toBe(text)
})

test.each(['{"a":1}', 'abc', 'ab=c', 'a===', 'ä'])('%j is not base64', (text) => {
  expect(decodeMessage(text, 'base64')).toBeUndefined()
})

test.each([
  [undefined, []],
  [null, []],
  [{ string: 'a' }, ['a']],
  [{ string: '' }, ['']],
  [{ json: '{"a":1}' }, ['{"a":1}']],
  [{ json: '["a",{"b":2},3]' }, ['a', '{"b":2}', '3']],
  [{ json: '[]' }, []],
  [{ bytes: new Uint8Array([104, 105]) }, ['hi']],
  [{ int: 5 }, ['5']],
])('the output %j is the messages %j', (data, messages) => {
  expect(toMessages(data)).toEqual(messages)
})
