/** The servers that may stand in for the configured one, kept on disk: a relay that starts while that one is down needs them. */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { writeWhole } from '../writeWhole.ts'
import { isSame } from './serverRing.ts'

export const serverFileName = 'exchange-servers.json'

const content = z.object({
  /** The configured server at that time; the list says nothing of any other. */
  primary: z.string(),
  learnedAt: z.iso.datetime(),
  /** Full names, best first. */
  others: z.array(z.string().min(1).max(256)).max(1_000),
})

export interface ServerMemory {
  readonly others: readonly string[]
  /** In ms; 0: never. */
  readonly learnedMs: number
}

const nothing: ServerMemory = { others: [], learnedMs: 0 }

/** Nothing when there is no file, it is not readable, or it was made for another configured server: then it is learned again. */
export function recallServers(stateDir: string, primary: string): ServerMemory {
  try {
    const known = content.parse(JSON.parse(readFileSync(path.join(stateDir, serverFileName), 'utf8')))
    return isSame(known.primary, primary) ? { others: known.others, learnedMs: Date.parse(known.learnedAt) } : nothing
  } catch {
    return nothing
  }
}

export async function rememberServers(
  stateDir: string,
  primary: string,
  { others, learnedMs }: ServerMemory,
): Promise<void> {
  const file = path.join(stateDir, serverFileName)
  const known: z.infer<typeof content> = { primary, learnedAt: new Date(learnedMs).toISOString(), others: [...others] }
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  await writeWhole(file, `${JSON.stringify(known, null, 2)}\n`)
}
