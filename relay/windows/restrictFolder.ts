/** Closes a folder to everybody but SYSTEM, administrators and the account of the service. */
import * as z from 'zod'
import type { WindowsScript } from './windowsScript.ts'

export interface Restriction {
  readonly folder: string
  /** DOMAIN\name; a group managed service account ends in $. Left out: one that was let in before stays in. */
  readonly account?: string | undefined
  /** What the account may do there. */
  readonly rights: 'read' | 'modify'
}

const answer = z.object({ movedAside: z.array(z.string()) })

/**
 * Makes the folder when there is none, takes its access list off inheritance and replaces it. Gives the files that it moved aside: keys and
 * entropy that lay there while others could write to the folder. Needs administrator's rights; throws a WindowsFailure.
 */
export async function restrictFolder(restriction: Restriction, windows: WindowsScript): Promise<readonly string[]> {
  return answer.parse(await windows('restrictFolder', restriction)).movedAside
}
