import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepAlive, type LivenessOptions } from '../../protocol/rendezvousLiveness.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A socket that writes down what is done to it; each test moves its counters by hand. */
function watched(options: LivenessOptions = {}) {
  const done: string[] = []
  const socket = {
    isPaused: false,
    bufferedAmount: 0,
    ping: () => {
      done.push('ping')
      socket.bufferedAmount += 6 // as over TLS: the ping itself waits a moment, then goes out
      setTimeout(() => (socket.bufferedAmount -= 6), 1)
    },
    pong: () => void done.push('pong'),
    terminate: () => void done.push('terminate'),
  }
  const raw = { bytesRead: 0 }
  const stop = keepAlive(socket, raw, options, () => void done.push('dead'))
  return { socket, raw, stop, done }
}

describe('keepAlive', () => {
  it('pings every 30 s and terminates 10 s after a ping that nothing followed', async () => {
    const { done } = watched()
    await vi.advanceTimersByTimeAsync(39_999)
    expect(done).toEqual(['ping'])
    await vi.advanceTimersByTimeAsync(10)
    expect(done).toEqual(['ping', 'dead', 'terminate'])
    await vi.advanceTimersByTimeAsync(120_000)
    expect(done).toEqual(['ping', 'dead', 'terminate'])
  })

  it('takes any byte that comes in for life', async () => {
    const { raw, done } = watched()
    for (let beat = 0; beat < 3; beat += 1) {
      await vi.advanceTimersByTimeAsync(30_000)
      raw.bytesRead += 1
    }
    await vi.advanceTimersByTimeAsync(15_000)
    expect(done).toEqual(['ping', 'ping', 'ping'])
  })

  it('takes bytes that the peer took for life: a slow line is not a dead one', async () => {
    const { socket, done } = watched()
    socket.bufferedAmount = 5_000_000
    await vi.advanceTimersByTimeAsync(30_000)
    socket.bufferedAmount = 4_000_000
    await vi.advanceTimersByTimeAsync(10_000)
    expect(done).toEqual(['ping'])
  })

  it('does not judge a socket that its own reader has paused', async () => {
    const { socket, done } = watched()
    await vi.advanceTimersByTimeAsync(30_000)
    socket.isPaused = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(done).toEqual(['ping'])
    socket.isPaused = false
    await vi.advanceTimersByTimeAsync(45_000)
    expect(done).toEqual(['ping', 'ping', 'dead', 'terminate'])
  })

  it('only says that it lives in mode pong, and nothing in mode off', async () => {
    const pong = watched({ mode: 'pong' })
    const off = watched({ mode: 'off' })
    await vi.advanceTimersByTimeAsync(90_000)
    expect(pong.done).toEqual(['pong', 'pong', 'pong'])
    expect(off.done).toEqual([])
  })

  it('stops when told to, in the middle of a judgement too', async () => {
    const { stop, done } = watched({ intervalMs: 100, graceMs: 50 })
    await vi.advanceTimersByTimeAsync(120)
    stop()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(done).toEqual(['ping'])
  })
})
