/** Starts scripted relays for the tests of one file and stops each after its test. */
import { afterEach } from 'vitest'
import { scriptedRelay, type ScriptedRelay, type ScriptedRelayOptions } from './scriptedRelay.ts'

export function relayStarter(): (options?: ScriptedRelayOptions) => Promise<ScriptedRelay> {
  const relays: ScriptedRelay[] = []
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.stop()
  })
  return async (options = {}) => {
    const relay = await scriptedRelay(options)
    relays.push(relay)
    return relay
  }
}
