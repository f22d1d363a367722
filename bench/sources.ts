/** Exchange and Graph that cost nothing: a bench over them measures everything else. */
import type { IntuneDevice } from '../functions/core/types.ts'
import type { Exchange } from '../functions/ports.ts'
import type { Directory } from '../functions/portsDirectory.ts'
import { sampleFacts } from './sampleFacts.ts'

export interface Sources {
  readonly exchange: Exchange
  readonly directory: Directory
  /** Turns the compliance of so many devices: the next reading of changes tells of them. */
  readonly turn: (count: number) => void
}

export function sources(mailboxes: number): Sources {
  const facts = sampleFacts(mailboxes)
  const pages = async function* <T>(items: readonly T[]) {
    for (let at = 0; at < items.length; at += 500) yield items.slice(at, at + 500)
  }
  const users = facts.flatMap(({ candidates }) => candidates.map(({ user }) => user))
  const devices = facts.flatMap((one) => one.devices.map((device) => ({ ...device, azureAdDeviceId: `e${device.id}` })))
  const byGuid = new Map(facts.flatMap((one) => (one.mailbox ? [[one.mailbox.guid, one] as const] : [])))
  const byEntra = new Map(devices.map((device) => [device.azureAdDeviceId, device]))
  const byUser = new Map<string, IntuneDevice[]>()
  for (const device of devices) byUser.set(device.userId ?? '', [...(byUser.get(device.userId ?? '') ?? []), device])
  let turned: string[] = []
  let turns = 0
  const page = <T>(items: readonly T[], cursor: string | null) => {
    const at = Number(cursor ?? 0)
    return { items: items.slice(at, at + 999), next: at + 999 < items.length ? String(at + 999) : null }
  }
  const bookmark = { users: 'u', groups: ['g'], devices: 'd', watched: ['staff'] }
  const conversation = {
    relay: {
      fingerprint: '',
      version: '',
      host: '',
      parallel: 1,
      organization: null,
      server: null,
      serverSince: null,
      serverReason: null,
      sendsMail: false,
    },
    mailboxes: () => pages(facts.flatMap(({ mailbox }) => (mailbox ? [mailbox] : []))),
    records: () => pages(facts.flatMap((one) => one.records.map(({ record }) => record))),
    configuration: async () => ({
      organization: null,
      // As the benches' policies want it: nothing is sent, and a default that stays other would have everything decided again
      defaultLevel: 'quarantine' as const,
      userMailInsert: null,
      adminMailRecipients: [],
      rules: [],
      servers: [],
      deviceClasses: [],
      mailboxPolicies: [],
    }),
    findMailboxes: async (queries: readonly object[]) => {
      const guids = queries.flatMap((query) => ('guids' in query ? (query.guids as string[]) : []))
      return guids.flatMap((guid) => {
        const mailbox = byGuid.get(guid)?.mailbox
        return mailbox ? [{ mailbox, changedAt: null }] : []
      })
    },
    recordsOf: async (guids: readonly string[]) =>
      new Map(guids.map((guid) => [guid, byGuid.get(guid)?.records.map(({ record }) => record) ?? []])),
    newRecords: async () => [],
    lists: async () => new Map(),
    policiesOf: async () => new Map(),
    change: () => pages<never>([]) as never,
    sendMail: () => pages<never>([]) as never,
    deviceStatus: async () => null,
    lastSyncs: async () => new Map(),
    destroy: async () => ({ id: '', ok: true, warnings: [], durationMs: 0 }),
  }
  return {
    turn: (count) => {
      turns += 1
      turned = Array.from(
        { length: count },
        (_, at) => devices[(turns * 7919 + at * 104_729) % devices.length]?.azureAdDeviceId ?? '',
      )
      for (const id of turned) {
        const device = byEntra.get(id)
        if (device)
          Object.assign(device, {
            complianceState: device.complianceState === 'compliant' ? 'noncompliant' : 'compliant',
          })
      }
    },
    exchange: {
      converse: async (_, use) => use(conversation),
      tellRetired: async () => 0,
      traffic: () => ({ commands: 0, bytes: 0 }),
    },
    directory: {
      users: async (cursor) => page(users, cursor),
      memberIds: async (_, cursor) =>
        page(
          users.map(({ id }) => id),
          cursor,
        ),
      intuneDevices: async (cursor) => page(devices, cursor),
      bookmark: async () => bookmark,
      changes: async () => {
        const entraDevices = turned
        turned = []
        return { bookmark, users: [], removedUsers: [], members: [], entraDevices }
      },
      usersByAddress: async () => [],
      memberships: async () => new Map(),
      devicesOfUsers: async (ids) => new Map(ids.map((id) => [id, byUser.get(id) ?? []])),
      devicesByEntraId: async (ids) => ids.flatMap((id) => byEntra.get(id) ?? []),
      devicesById: async () => [],
      devicesSyncedSince: async () => [],
      requests: () => 0,
      throttled: () => 0,
      check: async () => undefined,
    },
  }
}
