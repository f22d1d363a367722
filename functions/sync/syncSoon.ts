/** A quick sync that begins after now, so that what is due is decided at once; one that is under way does not count, it may be past its reading. */
import type { Ports } from '../ports.ts'
import { changeConnector } from './connector.ts'
import { startRun } from './startRun.ts'

const maxTries = 5

/*
 * quick sync under way | what happens
 * none                 | one starts
 * one                  | remembered: whoever ends that one starts the next
 * one, ended meanwhile | from the start
 * Throws AppErrors of startRun.
 */
export async function syncSoon(ports: Ports, connectorId: string, askedBy: string): Promise<void> {
  for (let tried = 1; tried <= maxTries; tried++) {
    const { runId, how } = await startRun(ports, { connectorId, kind: 'quick', askedBy, dryRun: false })
    if (how === 'started') return
    const state = await changeConnector(ports, connectorId, (now) =>
      now.running.quick === runId ? { ...now, pendingQuick: { askedBy } } : null,
    )
    if (state.pendingQuick) return
  }
}
