/** The EAS mailbox policy against the settings: made, changed, mended, taken away; only those that easgate made. Pure. */
import type { Drift, StanceOf } from './drift.ts'
import type {
  ExchangeMailboxPolicy,
  MailboxPolicySetting,
  OwnMailboxPolicy,
  PolicyProperties,
} from './ownConfiguration.ts'
import type { ConfigurationChange } from './plan.ts'

/*
 * Exchange always has a default policy: none at all means that the account may not read them, and nothing is planned.
 *
 * wanted          | the policy of that name          | what is done
 * yes             | none; easgate never made it      | made (phase 2: nobody has it yet)
 * yes             | none any more, it was easgate's  | drift: made again, or left
 * yes             | easgate's; other properties set  | set (phase 3: it may tighten)
 * yes             | easgate's; prints otherwise than | drift: set again, or left
 *                 |   after easgate set it           |
 * yes             | somebody else's                  | left as it is; the settings refuse such a name
 * no, or other    | easgate's                        | taken away (phase 4, when nobody has it from easgate any more); Exchange refuses while a mailbox has it, and the next full sync tries again
 *   name          |                                  |
 */
export function planMailboxPolicy(
  wanted: MailboxPolicySetting | null,
  existing: readonly ExchangeMailboxPolicy[],
  own: readonly OwnMailboxPolicy[],
  stanceOf: StanceOf,
): { changes: ConfigurationChange[]; own: OwnMailboxPolicy[]; drift: Drift[] } {
  if (existing.length === 0) return { changes: [], own: [...own], drift: [] }
  const changes: ConfigurationChange[] = []
  const kept: OwnMailboxPolicy[] = []
  const drift: Drift[] = []
  let isRecorded = false
  for (const recorded of own) {
    const found = existing.find((policy) => isSame(policy, recorded))
    const wish = wanted && isSameName(wanted.name, recorded.name) ? wanted : null
    if (found && !wish) changes.push({ kind: 'removePolicy', phase: 4, guid: found.guid, name: found.name })
    const known = found ? withReading(recorded, found) : recorded
    // What was claimed and never made, or is gone and not wanted any more, is forgotten
    if (!found && (!wish || recorded.guid === null || recorded.isRemoving)) continue
    kept.push(known)
    if (!wish) continue
    isRecorded = true
    const seen = driftOf(known, found, wish, stanceOf)
    if (seen) drift.push(seen)
    if (seen && seen.stance !== 'mend') continue
    const mends = seen ? { mends: seen.thing } : {}
    const { name, properties } = wish
    if (!found) changes.push({ kind: 'newPolicy', phase: 2, name, properties, ...mends })
    else if (seen || known.isPending || textOf(known.set) !== textOf(properties)) {
      changes.push({ kind: 'setPolicy', phase: 3, guid: found.guid, name, before: known.set, properties, ...mends })
    }
  }
  if (wanted && !isRecorded && !existing.some(({ name }) => isSameName(name, wanted.name))) {
    changes.push({ kind: 'newPolicy', phase: 2, name: wanted.name, properties: wanted.properties })
  }
  return { changes, own: kept, drift }
}

/** Only while the settings ask for what easgate set last: an edit of the settings is no drift. */
function driftOf(
  recorded: OwnMailboxPolicy,
  found: ExchangeMailboxPolicy | undefined,
  { properties }: MailboxPolicySetting,
  stanceOf: StanceOf,
): Drift | null {
  if (textOf(recorded.set) !== textOf(properties)) return null
  const thing = `mailboxPolicy:${recorded.name.toLowerCase()}`
  if (!found) return { thing, expected: recorded.set, found: null, stance: stanceOf(thing) }
  if (recorded.printed === null) return null
  const now = printedOf(recorded.set, found)
  if (textOf(now) === textOf(recorded.printed)) return null
  return { thing, expected: recorded.printed, found: now, stance: stanceOf(thing) }
}

/** Guid and print, where they are not known yet. */
function withReading(recorded: OwnMailboxPolicy, found: ExchangeMailboxPolicy): OwnMailboxPolicy {
  const { isRemoving: _isRemoving, ...rest } = recorded
  // Nobody knows whether what is on its way is what stands there: it is set again
  const printed = recorded.isPending ? null : (recorded.printed ?? printedOf(recorded.set, found))
  return { ...rest, guid: found.guid, printed }
}

/** How Exchange prints the properties that easgate set, and no others. */
export function printedOf(
  set: PolicyProperties,
  { properties }: Pick<ExchangeMailboxPolicy, 'properties'>,
): PolicyProperties {
  return Object.fromEntries(Object.keys(set).map((name) => [name, properties[name] ?? null]))
}

function isSame(policy: ExchangeMailboxPolicy, recorded: OwnMailboxPolicy): boolean {
  return recorded.guid === null ? isSameName(policy.name, recorded.name) : policy.guid === recorded.guid
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function textOf(properties: PolicyProperties): string {
  return JSON.stringify(Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
