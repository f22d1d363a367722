/** The words of the activation pages, by language; each says what happened and what helps. Pure. */
import { de } from './textsDe.ts'
import { en } from './textsEn.ts'

/** What a page tells; each has a title and paragraphs. */
export type Telling =
  | 'badLink'
  | 'expired'
  | 'recordGone'
  | 'unavailable'
  | 'badForm'
  | 'otherUser'
  | 'noOwner'
  | 'othersDevice'
  | 'notEnrolled'
  | 'notManaged'
  | 'notCompliant'
  | 'otherPhone'
  | 'bound'
  | 'known'
  | 'waiting'
  | 'late'
  | 'usedBound'
  | 'usedWaiting'
  | 'usedRejected'
  | 'usedEnded'

export interface Texts {
  readonly confirmTitle: string
  readonly confirm: readonly string[]
  readonly device: string
  readonly deviceId: string
  readonly signedInAs: string
  readonly unknownDevice: string
  readonly button: string
  readonly again: string
  readonly openAgain: string
  readonly askAdministrator: string
  readonly notYou: string
  readonly simulated: string
  readonly notCompliantYet: string
  readonly tellings: Readonly<Record<Telling, readonly [title: string, ...paragraphs: string[]]>>
}

export const texts = { en, de } as const
export type Language = keyof typeof texts

/** The first of the reader's languages (Accept-Language) that there is; English where there is none. */
export function languageOf(header: string | null): Language {
  const wanted = (header ?? '').split(',').map((part) => {
    const [tag = '', ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    const q = parameters.find((one) => one.startsWith('q='))
    return { main: tag.split('-')[0] ?? '', weight: q === undefined ? 1 : Number(q.slice(2)) || 0 }
  })
  const best = wanted.filter(({ weight }) => weight > 0).toSorted((a, b) => b.weight - a.weight)
  return best.map(({ main }) => languages.find((one) => one === main)).find((one) => one !== undefined) ?? 'en'
}

const languages: readonly Language[] = ['en', 'de']
