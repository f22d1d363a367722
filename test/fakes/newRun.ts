import { runVersion, type Run } from '../../functions/core/run.ts'
import { defaultPolicy } from '../../functions/core/settings.ts'

/** A full sync that has just been started by the timer; a test says what differs. */
export function newRun(given: Pick<Run, 'connectorId' | 'id' | 'startedAt'> & Partial<Run>): Run {
  return {
    version: runVersion,
    kind: 'full',
    mode: 'everything',
    dryRun: false,
    attempt: 1,
    askedBy: 'timer',
    state: 'running',
    step: 'gatherConfiguration',
    cursor: null,
    position: 0,
    claim: null,
    updatedAt: given.startedAt,
    gatheredAt: null,
    endedAt: null,
    policy: defaultPolicy,
    configuration: null,
    attempts: {},
    directory: null,
    bookmarks: null,
    decidedBy: null,
    touched: [],
    groupSizes: {},
    counts: {},
    refusal: null,
    differing: [],
    approvedBy: null,
    failure: null,
    ...given,
  }
}
