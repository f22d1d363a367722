/** Whether an EAS record and an Intune device say that they are the same kind of phone: platform and model. Pure. */
import { appleModels } from './appleModels.ts'
import type { EasRecord, IntuneDevice } from './types.ts'

/** unknown: one of the two does not say, or in words that cannot be compared. */
export type Agreement = 'same' | 'different' | 'unknown'
export type Platform = 'ios' | 'android' | 'windows' | 'mac'

export interface Likeness {
  readonly platform: Agreement
  readonly model: Agreement
}

type Phone = Pick<EasRecord, 'deviceType' | 'deviceModel' | 'deviceOs' | 'userAgent'>

/*
 * platform | model of the record          | model of the device  | model
 * other    | any                          | any                  | different
 * any      | none, or only its family     | any                  | unknown
 * any      | any                          | none                 | unknown
 * Apple    | iPhone14C2 (iPhone14,2)      | iPhone14,2           | same
 * Apple    | iPhone14C2, name known       | that name            | same
 * Apple    | iPhone14C2, name known       | another known name   | different
 * Apple    | iPhone14C2, name not known   | a name               | unknown
 * other    | SM-S921B                     | SM-S921B, or with the maker before it | same
 * other    | SM-S921B                     | anything else        | different
 * Case, blanks and punctuation do not count; an iPad is never an iPhone.
 */
export function likeness(record: Phone, device: Pick<IntuneDevice, 'operatingSystem' | 'model'>): Likeness {
  const [a, b] = [platformOfRecord(record), platformOf(device.operatingSystem ?? '')]
  const platform: Agreement = a === null || b === null ? 'unknown' : a === b ? 'same' : 'different'
  if (platform === 'different') return { platform, model: 'different' }
  const model = a === 'ios' ? appleAgreement(record, device.model) : plainAgreement(record.deviceModel, device.model)
  return { platform, model }
}

/** The type first: it is what the mail app calls itself. */
export function platformOfRecord({ deviceType, deviceOs, userAgent }: Phone): Platform | null {
  return platformOf(deviceType ?? '') ?? platformOf(deviceOs ?? '') ?? platformOf(userAgent ?? '')
}

const platforms: readonly (readonly [Platform, RegExp])[] = [
  ['ios', /\b(iphone|ipad|ipod)|\bios\b|\bipados\b|^apple-i/i],
  ['android', /android|samsung/i],
  ['windows', /windows|\bwp\d/i],
  ['mac', /\bmac/i],
]

/** A text that names both phone systems (Outlook calls itself `Outlook for iOS and Android` on either) says nothing. */
function platformOf(text: string): Platform | null {
  const named = platforms.flatMap(([platform, pattern]) => (pattern.test(text) ? [platform] : []))
  return named.includes('ios') && named.includes('android') ? null : (named[0] ?? null)
}

function appleAgreement({ deviceModel, userAgent }: Phone, model: string | null): Agreement {
  const identifier = appleIdentifier(deviceModel ?? '') ?? appleIdentifier(userAgent ?? '')
  if (model === null || plain(model) === '') return 'unknown'
  const families = [familyOf(deviceModel ?? '') ?? familyOf(userAgent ?? ''), familyOf(model)]
  if (families[0] && families[1] && families[0] !== families[1]) return 'different'
  if (identifier === null) return 'unknown'
  const other = appleIdentifier(model)
  if (other !== null) return other === identifier ? 'same' : 'different'
  const name = appleModels[identifier]
  if (name === undefined) return 'unknown'
  if (plain(name) === plain(model)) return 'same'
  return knownNames.has(plain(model)) ? 'different' : 'unknown'
}

/** `iPhone14C2`, `iPhone14,2`, `Apple-iPhone14C2/2104.65` → `iphone14,2`. */
function appleIdentifier(text: string): string | null {
  const [, family, major, minor] = /(iphone|ipad|ipod)(\d{1,2})[c,](\d{1,2})(?!\d)/i.exec(text) ?? []
  return family === undefined ? null : `${family.toLowerCase()}${major},${minor}`
}

function familyOf(text: string): string | null {
  return /iphone|ipad|ipod/i.exec(text)?.[0].toLowerCase() ?? null
}

function plainAgreement(recorded: string | null, model: string | null): Agreement {
  const [a, b] = [plain(recorded ?? ''), plain(model ?? '')]
  // A family's name (Android) says nothing of the model
  if (a === '' || b === '' || /^(android|phone|mobile|smartphone|samsung|windowsphone)$/.test(a)) return 'unknown'
  return a === b || endsWithWord(model ?? '', recorded ?? '') || endsWithWord(recorded ?? '', model ?? '')
    ? 'same'
    : 'different'
}

/** `samsung SM-S921B` ends with the word `SM-S921B`. */
function endsWithWord(long: string, short: string): boolean {
  return long.trim().toLowerCase().endsWith(` ${short.trim().toLowerCase()}`)
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

const knownNames: ReadonlySet<string> = new Set(Object.values(appleModels).map(plain))
