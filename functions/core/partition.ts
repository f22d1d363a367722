/** Which partition a mailbox's rows live in: a mailbox, its owner, the owner's Intune devices and its EAS records meet in one (design.md 5). Pure. */

/** Changing this moves every row: it belongs to the schema version. 500,000 EAS records make about 8,000 a partition. */
export const partitionCount = 64

/** FNV-1a over the lower-case Guid: spreads evenly, needs no library, gives the same on every machine. */
export function partitionOf(mailboxGuid: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < mailboxGuid.length; i++) {
    hash = Math.imul(hash ^ mailboxGuid.charCodeAt(i), 0x01000193)
  }
  return (hash >>> 0) % partitionCount
}
