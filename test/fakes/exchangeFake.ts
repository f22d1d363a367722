/** A strict fake of the port Exchange: holds state, refuses what the real chain refuses, breaks where a test says so. */
import type { EasRecord, Mailbox } from '../../functions/core/types.ts'
import type { Retirement } from '../../functions/core/run.ts'
import { AppError } from '../../functions/errors.ts'
import type { ChangeCommand, CommandOutcome, Conversation, DeviceLists, Exchange } from '../../functions/ports.ts'
import { FakeConversation } from './exchangeFakeConversation.ts'
import { fakeDestroys, type FakeDestroys } from './exchangeFakeDestroy.ts'
import { fakeMails, type FakeMails } from './exchangeFakeMail.ts'
import { ExchangeFakeState } from './exchangeFakeState.ts'
import type { FakeWorld } from './exchangeFakeWorld.ts'

export type FakeCall =
  | 'mailboxes'
  | 'records'
  | 'configuration'
  | 'lists'
  | 'policiesOf'
  | 'change'
  | 'mail'
  | 'findMailboxes'
  | 'recordsOf'
  | 'newRecords'
  | 'destroy'
  | 'deviceStatus'
  | 'lastSyncs'

/** Faults may be set and changed at any time through `fake.faults`. */
export interface ExchangeFaults {
  /** No relay is connected: converse throws. */
  noRelay?: boolean
  /** A relay answers that nobody approved: converse throws. */
  notApproved?: boolean
  /**
   * Once: the conversation breaks after this many outcomes were told (counted over batches from now on). `silent` more commands are executed
   * without anybody hearing of it (default 0).
   */
  loseAfterOutcomes?: { count: number; silent?: number } | undefined
  /** Once: the conversation breaks after this many pages of a listing. */
  loseAfterPages?: number | undefined
  /** Once: the conversation breaks instead of answering this call. */
  loseAt?: FakeCall | undefined
  /** The listing is cut by the server: its pages come, then the iteration throws incompleteInventory. */
  cut?: 'mailboxes' | 'records' | undefined
  /** Commands on these mailboxes (lower-case Guids) fail, and are executed all the same where `executes` says so. */
  failMailboxes?: ReadonlyMap<string, NonNullable<CommandOutcome['failure']> & { readonly executes?: boolean }>
  /** Mailboxes (Guids) whose statistics cannot be read. */
  unreadable?: ReadonlySet<string>
  /** Relays have no notification account. */
  noMailAccount?: boolean
  /** Batches already run are forgotten, as if another relay answered. */
  otherRelay?: boolean
  /** Runs before each call is answered: change the state here to be "somebody else, in between". */
  before?: (call: FakeCall, state: ExchangeFakeState) => void | Promise<void>
  /** Rows in a page of a listing (default 100). */
  pageSize?: number
}

/** A command that Exchange executed or refused, in order; `isTold` is false when its outcome was never heard. */
export interface FakeJournalEntry {
  readonly batchId: string
  readonly command: ChangeCommand
  readonly outcome: CommandOutcome
  readonly isTold: boolean
}

export interface FakeExchange extends Exchange {
  readonly faults: ExchangeFaults
  readonly state: ExchangeFakeState
  readonly journal: readonly FakeJournalEntry[]
  /** Every read and every batch, in order. */
  readonly calls: readonly FakeCall[]
  readonly conversations: number
  /** What relays were told of their connector's end. */
  readonly told: readonly Retirement[]
  /** Its notification account. */
  readonly mails: FakeMails
  readonly destroys: FakeDestroys
  /** Breaks the conversation that is open now. */
  cut(): void
  mailbox(guid: string): Mailbox
  record(guid: string): EasRecord
  lists(guid: string): DeviceLists
}

export function fakeExchange(world: FakeWorld, faults: ExchangeFaults = {}): FakeExchange {
  const state = new ExchangeFakeState(world)
  const journal: FakeJournalEntry[] = []
  const calls: FakeCall[] = []
  const batches = new Map<string, { text: string; outcomes: CommandOutcome[] }>()
  const told: Retirement[] = []
  const mails = fakeMails()
  const destroys = fakeDestroys()
  let conversations = 0
  let current: FakeConversation | undefined
  return {
    faults,
    state,
    journal,
    calls,
    get conversations() {
      return conversations
    },
    cut: () => current?.lose(),
    mailbox: (guid) => found(state.mailboxes(), guid),
    record: (guid) => found(state.records(), guid),
    lists: (guid) => found(state.mailboxes(), guid),
    told,
    mails,
    destroys,
    tellRetired: async (_connectorId, retired) => {
      if (faults.noRelay) return 0
      told.push(retired)
      return 1
    },
    // Nothing goes over a wire
    traffic: () => ({ commands: 0, bytes: 0 }),
    async converse<T>(connectorId: string, use: (conversation: Conversation) => Promise<T>): Promise<T> {
      await Promise.resolve()
      if (faults.noRelay) {
        throw new AppError('noRelay', `no relay of connector ${connectorId} is connected`, { retryable: true })
      }
      if (faults.notApproved) throw new AppError('relayNotApproved', 'relay fa4e… is not approved: approve it first')
      conversations += 1
      const conversation = new FakeConversation({ state, faults, journal, calls, batches, mails, destroys })
      current = conversation
      try {
        return await use(conversation)
      } finally {
        conversation.close()
      }
    },
  }
}

function found<T extends { readonly guid: string }>(items: readonly T[], guid: string): T {
  const item = items.find((candidate) => candidate.guid === guid.toLowerCase())
  if (!item) throw new Error(`the fake Exchange has no ${guid}`)
  return item
}
