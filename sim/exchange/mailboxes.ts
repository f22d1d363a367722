/** The mailboxes of the world and how an identity finds them (facts A2: Name, DN, canonical DN, e-mail, Guid, SamAccountName …). */
import { canonicalName, dnKey, escapeValue, parseDn } from './distinguishedName.ts'
import type { Device } from './devices.ts'
import { utc } from './utc.ts'
import type { StatedMailbox } from './world.ts'

export interface Mailbox {
  /** Lower case. */
  readonly guid: string
  /** What the world says about it, unknown properties included. */
  stated: StatedMailbox
  dn: string
  /** What is stated, or the first part of the DN. */
  name: string
  /** Canonical name, such as `contoso.com/Users/Ana Gomes`. */
  identity: string
  allowed: string[]
  blocked: string[]
  /** The policy's Guid; null: the organization's default. */
  policy: string | null
  activeSyncEnabled: boolean
  whenChangedUtc: string
  readonly devices: Device[]
}

export class Mailboxes {
  readonly #byGuid = new Map<string, Mailbox>()
  // Built at the first look-up that is not by Guid, dropped when a mailbox comes, goes or changes.
  #byText: Map<string, Mailbox[]> | undefined
  readonly #domain: string

  /** `domain` is the DN of the organization's domain, for mailboxes that state no DN. */
  constructor(domain: string) {
    this.#domain = domain
  }

  get size(): number {
    return this.#byGuid.size
  }

  all(): Iterable<Mailbox> {
    return this.#byGuid.values()
  }

  /** Those with these Guids, each once; all without any. */
  named(guids: readonly string[] | undefined): Iterable<Mailbox> {
    return guids === undefined ? this.all() : new Set(guids.flatMap((guid) => this.get(guid) ?? []))
  }

  get(guid: string): Mailbox | undefined {
    return this.#byGuid.get(guid.toLowerCase())
  }

  /** Adds a mailbox, or merges the properties given into the one with the same Guid. */
  put(given: StatedMailbox, at: string): Mailbox {
    const existing = this.get(given.Guid)
    const mailbox = existing ?? emptyMailbox(given.Guid)
    mailbox.stated = existing ? { ...existing.stated, ...given } : given
    const { stated } = mailbox
    setDn(mailbox, stated.DistinguishedName ?? this.#defaultDn(mailbox.guid))
    if (typeof stated['Identity'] === 'string') mailbox.identity = stated['Identity']
    if (stated.Name) mailbox.name = stated.Name
    if (given.ActiveSyncAllowedDeviceIDs !== undefined) mailbox.allowed = [...(given.ActiveSyncAllowedDeviceIDs ?? [])]
    if (given.ActiveSyncBlockedDeviceIDs !== undefined) mailbox.blocked = [...(given.ActiveSyncBlockedDeviceIDs ?? [])]
    if (given.ActiveSyncEnabled !== undefined) mailbox.activeSyncEnabled = given.ActiveSyncEnabled ?? true
    const changed = utc(given.WhenChangedUTC ?? at)
    // A mailbox that is there and is patched changes now, whatever the patch says
    mailbox.whenChangedUtc = existing && changed < at ? at : changed
    this.#byGuid.set(mailbox.guid, mailbox)
    this.#byText = undefined
    return mailbox
  }

  remove(guid: string): Mailbox | undefined {
    const mailbox = this.get(guid)
    if (mailbox) this.#byGuid.delete(mailbox.guid)
    this.#byText = undefined
    return mailbox
  }

  /** Every mailbox that the identity names: none, one, or several. */
  find(identity: string): readonly Mailbox[] {
    const byGuid = this.get(identity)
    if (byGuid) return [byGuid]
    this.#byText ??= this.#buildTextIndex()
    const parts = parseDn(identity)
    const found = this.#byText.get(identity.toLowerCase()) ?? (parts && this.#byText.get(dnKey(parts)))
    return found ?? []
  }

  /** A place in the directory that is no mailbox: where the devices of a user without a mailbox are. */
  place(name: string, dn: string | undefined): Mailbox {
    const place = emptyMailbox(name)
    setDn(place, dn ?? this.#defaultDn(place.guid))
    return place
  }

  #defaultDn(name: string): string {
    return `CN=${escapeValue(name)},OU=Users,${this.#domain}`
  }

  #buildTextIndex(): Map<string, Mailbox[]> {
    const index = new Map<string, Mailbox[]>()
    for (const mailbox of this.#byGuid.values()) {
      for (const key of new Set(textKeys(mailbox))) {
        const others = index.get(key)
        if (others) others.push(mailbox)
        else index.set(key, [mailbox])
      }
    }
    return index
  }
}

/** Every SMTP address, without prefix, as stated. Addresses are opaque text. */
export function smtpAddresses(stated: StatedMailbox): string[] {
  const listed = emailAddresses(stated).filter((address) => /^smtp:/i.test(address))
  return listed.map((address) => address.slice('smtp:'.length))
}

export function emailAddresses(stated: StatedMailbox): readonly string[] {
  if (stated.EmailAddresses) return stated.EmailAddresses
  return stated.PrimarySmtpAddress ? [`SMTP:${stated.PrimarySmtpAddress}`] : []
}

export function primaryAddress(stated: StatedMailbox): string | null {
  if (stated.PrimarySmtpAddress) return stated.PrimarySmtpAddress
  return (
    emailAddresses(stated)
      .find((address) => address.startsWith('SMTP:'))
      ?.slice('SMTP:'.length) ?? null
  )
}

function textKeys(mailbox: Mailbox): string[] {
  const { stated } = mailbox
  const names = [stated.PrimarySmtpAddress, mailbox.name, stated.SamAccountName, mailbox.identity]
  const more = ['Alias', 'UserPrincipalName', 'LegacyExchangeDN'].map((name) => stated[name])
  const texts = [...names, ...more, ...smtpAddresses(stated), mailbox.dn]
  const lower = texts
    .filter((text) => typeof text === 'string' && text !== '')
    .map((text) => String(text).toLowerCase())
  return [...lower, dnKey(parseDn(mailbox.dn) ?? [])]
}

// One literal, so that all mailboxes have one shape: there may be half a million.
function emptyMailbox(guid: string): Mailbox {
  return {
    guid: guid.toLowerCase(),
    stated: { Guid: guid },
    dn: '',
    name: '',
    identity: '',
    allowed: [],
    blocked: [],
    policy: null,
    activeSyncEnabled: true,
    whenChangedUtc: '',
    devices: [],
  }
}

function setDn(mailbox: Mailbox, dn: string): void {
  const parts = parseDn(dn) ?? []
  mailbox.dn = dn
  mailbox.identity = canonicalName(parts)
  mailbox.name = parts[0]?.value ?? mailbox.guid
}
