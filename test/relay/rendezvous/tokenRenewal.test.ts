import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RelayToken } from '../../../protocol/rendezvous.ts'
import { renewToken } from '../../../relay/rendezvous/tokenRenewal.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const minute = 60_000
const hour = 60 * minute

/** A channel whose first token lasts an hour; the provider is given by the test. */
function renewing(fetchToken: () => Promise<RelayToken>) {
  const seen: [number, string][] = []
  const stop = renewToken({
    first: { token: 'first', expiresAt: hour },
    fetchToken,
    send: (token) => void seen.push([Date.now() / minute, token]),
    onProblem: (problem) => void seen.push([Date.now() / minute, `problem: ${problem}`]),
    onStale: () => void seen.push([Date.now() / minute, 'stale']),
    timings: { renewAtShare: 0.75, giveUpAtShare: 0.95 },
    now: Date.now,
  })
  return { seen, stop }
}

describe('renewToken', () => {
  it('renews at three quarters of each token’s life', async () => {
    const { seen } = renewing(async () => ({ token: `at ${Date.now() / minute}`, expiresAt: Date.now() + hour }))
    await vi.advanceTimersByTimeAsync(2.5 * hour)
    expect(seen).toEqual([
      [45, 'at 45'],
      [90, 'at 90'],
      [135, 'at 135'],
    ])
  })

  it('tries again each minute while no token can be had, and gives up at 95 %', async () => {
    const { seen } = renewing(async () => Promise.reject(new Error('vault is down')))
    await vi.advanceTimersByTimeAsync(2 * hour)
    expect(seen[0]).toEqual([45, 'problem: vault is down'])
    expect(seen).toHaveLength(14)
    expect(seen.slice(-2)).toEqual([
      [57, 'problem: vault is down'],
      [57, 'stale'],
    ])
  })

  it('goes on as before once a token can be had again', async () => {
    const { seen } = renewing(async () => {
      if (Date.now() < 48 * minute) throw new Error('vault is down')
      return { token: 'second', expiresAt: Date.now() + hour }
    })
    await vi.advanceTimersByTimeAsync(92 * minute)
    expect(seen.map(([at, what]) => `${Math.round(at)} ${what}`)).toEqual([
      '45 problem: vault is down',
      '46 problem: vault is down',
      '47 problem: vault is down',
      '48 second',
    ])
  })

  it('does not take a cached token that ends no later for a newer one', async () => {
    const { seen } = renewing(async () => ({ token: 'cached', expiresAt: hour }))
    await vi.advanceTimersByTimeAsync(46 * minute)
    expect(seen).toEqual([
      [45, expect.stringContaining('ends no later')],
      [46, expect.stringContaining('ends no later')],
    ])
  })

  it('does nothing once stopped, even if a token is under way', async () => {
    let give: ((token: RelayToken) => void) | undefined
    const { seen, stop } = renewing(async () => new Promise((resolve) => (give = resolve)))
    await vi.advanceTimersByTimeAsync(45 * minute)
    stop()
    give?.({ token: 'late', expiresAt: 5 * hour })
    await vi.advanceTimersByTimeAsync(5 * hour)
    expect(seen).toEqual([])
  })

  it('can wait longer than one timer can (24.8 days)', async () => {
    const day = 24 * hour
    const seen: number[] = []
    renewToken({
      first: { token: 'first', expiresAt: 100 * day },
      fetchToken: async () => ({ token: 'second', expiresAt: 1_000 * day }),
      send: () => void seen.push(Date.now() / day),
      onProblem: () => {},
      onStale: () => {},
      timings: { renewAtShare: 0.75, giveUpAtShare: 0.95 },
      now: Date.now,
    })
    await vi.advanceTimersByTimeAsync(74 * day)
    expect(seen).toEqual([])
    await vi.advanceTimersByTimeAsync(2 * day)
    expect(seen).toEqual([75])
  })
})
