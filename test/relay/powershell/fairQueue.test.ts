import { expect, test } from 'vitest'
import { FairQueue, type Lane } from '../../../relay/powershell/fairQueue.ts'

const always = () => true
function laneOf(queue: FairQueue<string>, ...items: string[]): Lane<string> {
  const lane: Lane<string> = { items: new Set() }
  for (const item of items) queue.push(lane, item)
  return lane
}
function drained(queue: FairQueue<string>, isReady: (item: string) => boolean = always): string {
  let text = ''
  for (let item = queue.take(isReady); item !== undefined; item = queue.take(isReady)) text += item
  return text
}

test('lanes take turns, and items of a lane keep their order', () => {
  const queue = new FairQueue<string>()
  laneOf(queue, 'a', 'b', 'c', 'd')
  laneOf(queue, '1', '2')
  expect(drained(queue)).toBe('a1b2cd')
  expect(queue.isEmpty).toBe(true)
})

test('a lane whose next item is not ready is passed over as a whole', () => {
  const queue = new FairQueue<string>()
  laneOf(queue, 'a', 'b')
  laneOf(queue, '1', '2')
  expect(drained(queue, (item) => item !== 'a')).toBe('12')
  expect(queue.hasReady((item) => item !== 'a')).toBe(false)
  expect(queue.hasReady(always)).toBe(true)
})

test('an item can be taken back once, and only while it waits', () => {
  const queue = new FairQueue<string>()
  const lane = laneOf(queue, 'a', 'b')
  expect([queue.remove(lane, 'a'), queue.remove(lane, 'a')]).toEqual([true, false])
  expect(drained(queue)).toBe('b')
  expect(queue.remove(lane, 'b')).toBe(false)
})

test('all items of all lanes can be taken at once', () => {
  const queue = new FairQueue<string>()
  laneOf(queue, 'a', 'b')
  laneOf(queue, '1')
  expect(queue.takeAll()).toEqual(['a', 'b', '1'])
  expect(queue.isEmpty).toBe(true)
})

test('what is put back is served first, in its order, and does not cost its lane its place', () => {
  const queue = new FairQueue<string>()
  const letters = laneOf(queue, 'a', 'b', 'c')
  const numbers = laneOf(queue, '1', '2')
  const taken = [queue.take(always), queue.take(always), queue.take(always)]
  expect(taken).toEqual(['a', '1', 'b'])
  queue.putBack(letters, 'b')
  queue.putBack(numbers, '1')
  queue.putBack(letters, 'a')
  expect(drained(queue)).toBe('a1b2c')
})

test('items are taken from wherever they wait, and the others stay', () => {
  const queue = new FairQueue<string>()
  laneOf(queue, 'a', 'b', 'c')
  laneOf(queue, 'a', 'd')
  laneOf(queue, 'a')
  expect(queue.takeIf((item) => item === 'a')).toEqual(['a', 'a', 'a'])
  expect(drained(queue)).toBe('bdc')
  expect(queue.isEmpty).toBe(true)
})
