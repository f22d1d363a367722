/** Mailboxes as the core gets them: the sample company's mix, as many as a bench wants. */
import type { MailboxFacts } from '../functions/core/decideMailbox.ts'
import type { EasRecord, IntuneDevice } from '../functions/core/types.ts'

const states = [
  'compliant',
  'compliant',
  'compliant',
  'compliant',
  'noncompliant',
  'unknown',
  'inGracePeriod',
  'compliant',
]

/** Two records for every other mailbox, so 1.5 a mailbox; three of four are enrolled. */
export function sampleFacts(mailboxes: number): MailboxFacts[] {
  return Array.from({ length: mailboxes }, (_, index) => mailboxFacts(index))
}

function mailboxFacts(index: number): MailboxFacts {
  const number = String(index).padStart(12, '0')
  const guid = `00000000-0000-4000-8000-${number}`
  const dn = `CN=Person ${number},OU=Users,DC=contoso,DC=com`
  const address = `person.${number}@contoso.com`
  const user = {
    id: `10000000-0000-4000-8000-${number}`,
    upn: address,
    displayName: `Person ${number}`,
    addresses: [address],
    dn,
    sid: null,
    isLicensed: index % 20 !== 0,
  }
  const ids = index % 2 === 0 ? [`Appl${number}A`, `androidc${number}B`] : [`Appl${number}A`]
  return {
    mailbox: {
      guid,
      dn,
      name: `Person ${number}`,
      displayName: `Person ${number}`,
      primarySmtp: address,
      addresses: [address, `p${number}@mail.contoso.com`],
      isActiveSyncEnabled: true,
      serverName: 'EX1',
      allowed: index % 3 === 0 ? ids.slice(0, 1) : [],
      blocked: [],
    },
    candidates: [{ user, evidence: 'dn', isIncluded: index % 25 !== 0, isExcluded: index % 50 === 0 }],
    devices: ids.flatMap((id, at) => ((index + at) % 4 === 0 ? [] : [device(number, at, user.id, id)])),
    records: ids.map((id, at) => ({ record: record(number, at, dn, id), previous: null })),
    entries:
      index % 3 === 0
        ? [{ deviceId: ids[0] ?? '', list: 'allowed', runId: 'run-0', since: '2026-11-01T00:00:00.000Z' }]
        : [],
    pins: [],
    activations: [],
    readAtMs: Date.parse('2026-11-21T08:00:00.000Z'),
  }
}

function record(number: string, at: number, mailboxDn: string, deviceId: string): EasRecord {
  const isApple = at === 0
  return {
    guid: `2000000${at}-0000-4000-8000-${number}`,
    mailboxDn,
    deviceId,
    deviceType: isApple ? 'iPhone' : 'Android',
    deviceModel: isApple ? 'iPhone14C2' : 'Pixel 8',
    deviceOs: isApple ? 'iOS 17.4' : 'Android 14',
    userAgent: isApple ? 'Apple-iPhone14C2/2104.65' : 'Android-Mail/2024.1',
    clientType: 'EAS',
    firstSync: '2026-05-04T08:00:00.000Z',
    state: 'allowed',
    stateReason: 'Global',
  }
}

function device(number: string, at: number, userId: string, easDeviceId: string): IntuneDevice {
  return {
    id: `3000000${at}-0000-4000-8000-${number}`,
    userId,
    azureAdDeviceId: `4000000${at}-0000-4000-8000-${number}`,
    easDeviceId,
    isRegistered: Number(number) % 30 !== 0,
    complianceState: states[Number(number) % states.length] ?? 'compliant',
    managementState: 'managed',
    managementAgent: 'mdm',
    lastSync: '2026-11-20T06:00:00.000Z',
    operatingSystem: 'iOS',
    model: 'iPhone 14',
  }
}
