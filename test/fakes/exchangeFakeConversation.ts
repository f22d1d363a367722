/** One conversation of the fake Exchange: the same order, refusals and endings as a conversation with a relay. */
import type { EasRecord, ExchangeConfiguration, Mailbox } from '../../functions/core/types.ts'
import type { DeviceStatus } from '../../functions/core/deviceStatus.ts'
import { AppError } from '../../functions/errors.ts'
import type { RelayIdentity } from '../../functions/core/relay.ts'
import type { LastSync } from '../../functions/core/stale.ts'
import type { Mail, MailOutcome } from '../../functions/core/mail.ts'
import type { DestroyCommand } from '../../functions/core/wipe.ts'
import type {
  ChangeCommand,
  CommandOutcome,
  Conversation,
  DeviceLists,
  FoundMailbox,
  MailboxQuery,
} from '../../functions/ports.ts'
import type { ExchangeFaults, FakeCall, FakeJournalEntry } from './exchangeFake.ts'
import { checkFakeBatch } from './exchangeFakeBatch.ts'
import { runFakeDestroy, type FakeDestroys } from './exchangeFakeDestroy.ts'
import { checkFakeMail, runFakeMails, type FakeMails } from './exchangeFakeMail.ts'
import type { ExchangeFakeState } from './exchangeFakeState.ts'

interface Shared {
  readonly state: ExchangeFakeState
  readonly faults: ExchangeFaults
  readonly journal: FakeJournalEntry[]
  readonly calls: FakeCall[]
  readonly batches: Map<string, { text: string; outcomes: CommandOutcome[] }>
  readonly mails: FakeMails
  readonly destroys: FakeDestroys
}

export class FakeConversation implements Conversation {
  readonly relay: RelayIdentity
  readonly #shared: Shared
  #end: AppError | null = null
  #listing: string | null = null
  readonly #running = new Set<string>()

  constructor(shared: Shared) {
    this.#shared = shared
    this.relay = {
      fingerprint: 'fa4e'.repeat(16),
      version: '0.0.0-fake',
      host: 'fake-relay',
      parallel: 4,
      organization: shared.state.configuration().organization,
      server: null,
      serverSince: null,
      serverReason: null,
      sendsMail: shared.faults.noMailAccount !== true,
    }
  }

  close(): void {
    this.#end ??= new AppError('internal', 'this conversation is over')
  }

  mailboxes(): AsyncIterable<readonly Mailbox[]> {
    return this.#list('mailboxes', () => this.#shared.state.mailboxes())
  }

  records(): AsyncIterable<readonly EasRecord[]> {
    return this.#list('records', () => this.#shared.state.records())
  }

  async configuration(scope?: 'decisive'): Promise<ExchangeConfiguration> {
    await this.#enter('configuration')
    const found = this.#shared.state.configuration()
    return scope !== 'decisive' ? found : { ...found, servers: [], deviceClasses: [], mailboxPolicies: [] }
  }

  async findMailboxes(queries: readonly MailboxQuery[]): Promise<readonly FoundMailbox[]> {
    await this.#enter('findMailboxes')
    const { state } = this.#shared
    const fits = (mailbox: Mailbox) =>
      queries.some((query) => {
        if ('guids' in query) return query.guids.includes(mailbox.guid)
        if ('changedSince' in query) return state.changedAt(mailbox.guid) > query.changedSince
        const isNamed = query.addresses.some((address) => mailbox.addresses.includes(address))
        return isNamed || query.dn?.toLowerCase() === mailbox.dn.toLowerCase()
      })
    return state
      .mailboxes()
      .filter(fits)
      .map((mailbox) => ({ mailbox, changedAt: state.changedAt(mailbox.guid) }))
  }

  async recordsOf(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, readonly EasRecord[]>> {
    await this.#enter('recordsOf')
    const { state } = this.#shared
    const records = state.records()
    const known = state.mailboxes().filter(({ guid }) => mailboxGuids.includes(guid))
    return new Map(
      known.map(({ guid, dn }) => [
        guid,
        records.filter(({ mailboxDn }) => mailboxDn.toLowerCase() === dn.toLowerCase()),
      ]),
    )
  }

  async newRecords(since: string): Promise<readonly EasRecord[]> {
    await this.#enter('newRecords')
    return this.#shared.state.records().filter(({ firstSync }) => firstSync !== null && firstSync > since)
  }

  async lists(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, DeviceLists>> {
    await this.#enter('lists')
    const found = new Map<string, DeviceLists>()
    for (const guid of mailboxGuids) {
      const lists = this.#shared.state.lists(guid)
      if (lists) found.set(guid.toLowerCase(), lists)
    }
    return found
  }

  async policiesOf(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    await this.#enter('policiesOf')
    const found = this.#shared.state.mailboxes().filter(({ guid }) => mailboxGuids.includes(guid))
    return new Map(found.map(({ guid, activeSyncPolicy = null }) => [guid, activeSyncPolicy]))
  }

  change(batchId: string, commands: readonly ChangeCommand[]): AsyncIterable<CommandOutcome> {
    const told: CommandOutcome[] = []
    const work = this.#execute(batchId, commands, told)
    // The batch is on its way before anybody iterates; its failure is thrown where it is iterated.
    work.catch(() => {})
    return this.#tell(told, work)
  }

  async *sendMail(batchId: string, mails: readonly Mail[]): AsyncGenerator<MailOutcome> {
    for (const mail of mails) checkFakeMail(mail)
    await this.#enter('mail')
    if (!this.relay.sendsMail) throw new AppError('conflict', 'the fake relay has no notification account')
    if (mails.length === 0) throw new AppError('internal', 'a batch of no mails')
    yield* runFakeMails(this.#shared.mails, batchId, mails, () => this.lose())
  }

  async deviceStatus({
    record,
    mailboxGuid,
  }: Parameters<Conversation['deviceStatus']>[0]): Promise<DeviceStatus | null> {
    await this.#enter('deviceStatus')
    if (!this.#shared.state.records().some(({ guid }) => guid === record)) return null
    const never = { requested: null, sent: null, acknowledged: null }
    const mailboxKind = mailboxGuid === null ? null : 'UserMailbox'
    return {
      mailboxKind,
      status: null,
      lastSyncAttempt: null,
      lastSuccessSync: null,
      wipe: never,
      accountOnlyWipe: never,
    }
  }

  async lastSyncs(mailboxGuids: readonly string[]): Promise<ReadonlyMap<string, readonly LastSync[]>> {
    await this.#enter('lastSyncs')
    const { state, faults } = this.#shared
    const readable = mailboxGuids.filter((guid) => state.lists(guid) !== null && !faults.unreadable?.has(guid))
    return new Map(readable.map((guid) => [guid, state.lastSyncs(guid)]))
  }

  async destroy(_batchId: string, command: DestroyCommand): Promise<CommandOutcome> {
    await this.#enter('destroy')
    return runFakeDestroy(this.#shared.destroys, this.#shared.state, command)
  }

  async *#tell(told: readonly CommandOutcome[], work: Promise<void>): AsyncGenerator<CommandOutcome> {
    const failure = await work.then(
      () => null,
      (error: unknown) => error,
    )
    for (const outcome of told) {
      yield outcome
      await Promise.resolve()
    }
    if (failure !== null) throw failure
  }

  async #execute(batchId: string, commands: readonly ChangeCommand[], told: CommandOutcome[]): Promise<void> {
    const { batches, faults } = this.#shared
    checkFakeBatch(commands)
    if (this.#running.has(batchId)) throw new AppError('internal', `batch ${batchId} is running already`)
    this.#running.add(batchId)
    await this.#enter('change')
    const text = JSON.stringify(commands)
    const first = faults.otherRelay ? undefined : batches.get(batchId)
    if (first && first.text !== text) {
      throw new AppError('relayRefused', `replayed: batch ${batchId} was used for other commands`)
    }
    const outcomes = first?.outcomes ?? []
    batches.set(batchId, { text, outcomes })
    for (const command of commands) {
      await Promise.resolve()
      this.#checkOpen()
      const known = outcomes.find((outcome) => outcome.id === command.id)
      const outcome = known ?? this.#run(command)
      if (!known) outcomes.push(outcome)
      const isTold = this.#isHeard()
      if (!known) this.#shared.journal.push({ batchId, command, outcome, isTold })
      if (isTold) told.push(outcome)
    }
    // A conversation that breaks after the last outcome breaks before the relay said that it was the last.
    this.#breakWhenDue()
    this.#running.delete(batchId)
  }

  #run(command: ChangeCommand): CommandOutcome {
    const { faults, state } = this.#shared
    this.#breakWhenDue()
    const fault = 'mailboxGuid' in command ? faults.failMailboxes?.get(command.mailboxGuid.toLowerCase()) : undefined
    const result = fault && !fault.executes ? fault : state.run(command)
    const failure = fault ?? ('category' in result ? result : undefined)
    const head = { id: command.id, ok: !failure, durationMs: 1 }
    if (!failure) return { ...head, warnings: [], ...result }
    const { category, message, ran } = failure
    return { ...head, warnings: [], failure: { category, message, ran } }
  }

  /** Breaks the conversation when every outcome that was to be told, and every silent command, has had its turn. */
  #breakWhenDue(): void {
    const lose = this.#shared.faults.loseAfterOutcomes
    if (!lose || lose.count > 0 || (lose.silent ?? 0) > 0) return
    this.#shared.faults.loseAfterOutcomes = undefined
    this.#break()
  }

  /** Counts the outcome just made; false when nobody hears of it. */
  #isHeard(): boolean {
    const lose = this.#shared.faults.loseAfterOutcomes
    if (!lose) return true
    if (lose.count > 0) {
      lose.count -= 1
      return true
    }
    lose.silent = (lose.silent ?? 0) - 1
    return false
  }

  async *#list<T>(call: 'mailboxes' | 'records', read: () => readonly T[]): AsyncGenerator<readonly T[]> {
    await this.#enter(call)
    this.#listing = call
    const { faults } = this.#shared
    const items = read()
    const pageSize = faults.pageSize ?? 100
    let isWhole = false
    try {
      for (let at = 0, pages = 0; at < items.length; at += pageSize, pages += 1) {
        this.#checkOpen()
        if (faults.loseAfterPages === pages) this.#loseListing()
        yield items.slice(at, at + pageSize)
      }
      if (faults.loseAfterPages !== undefined) this.#loseListing()
      if (faults.cut === call) throw new AppError('incompleteInventory', `${call}: the listing was cut`)
      isWhole = true
    } finally {
      this.#listing = null
      if (!isWhole) this.#end ??= new AppError('internal', `the listing of ${call} was left before its end`)
    }
  }

  async #enter(call: FakeCall): Promise<void> {
    this.#checkOpen()
    if (this.#listing) {
      throw new AppError('internal', `${call}: read the listing of ${this.#listing} to its end first`)
    }
    this.#shared.calls.push(call)
    await this.#shared.faults.before?.(call, this.#shared.state)
    if (this.#shared.faults.loseAt !== call) return
    this.#shared.faults.loseAt = undefined
    this.#break()
  }

  #loseListing(): never {
    this.#shared.faults.loseAfterPages = undefined
    return this.#break()
  }

  lose(): void {
    this.#end ??= new AppError('relayLost', 'the conversation with relay fa4e… broke', { retryable: true })
  }

  #break(): never {
    this.lose()
    throw this.#end
  }

  #checkOpen(): void {
    if (this.#end) throw this.#end
  }
}
