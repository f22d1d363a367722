/** Deletes what the relay wrote into its folders, by name: a state folder that was set to a wrong place loses nothing else. */
import { readdir, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { keyFileName, publicFileName } from '../relayKey.ts'
import { retirementFileName } from '../retired.ts'
import { serverFileName } from '../servers/serverMemory.ts'
import { statusFileName } from '../statusFile.ts'
import { entropyFileName } from '../windows/dpapiVault.ts'
import { installationFileName } from './installation.ts'

/** `.new` is a file that was being written, `.untrusted-…` one that restrictFolder moved aside. */
const suffix = /(\.new|\.untrusted-\d+)?$/
const ownFiles = new Set([
  entropyFileName,
  installationFileName,
  keyFileName,
  publicFileName,
  retirementFileName,
  serverFileName,
  statusFileName,
])

export interface Purged {
  readonly deleted: readonly string[]
  /** What is not the relay's own, with the folders it is in. */
  readonly left: readonly string[]
}

export async function purge(places: {
  readonly config: string
  readonly stateDir: string | undefined
}): Promise<Purged> {
  const deleted: string[] = []
  const left: string[] = []
  const { config, stateDir } = places
  if (stateDir !== undefined) {
    for (const name of await readdir(stateDir).catch(() => [])) {
      const file = path.join(stateDir, name)
      if (ownFiles.has(name.replace(suffix, ''))) deleted.push(await removed(file))
      else left.push(file)
    }
    if (left.length === 0) await rmdir(stateDir).catch(() => {})
  }
  deleted.push(await removed(config))
  return { deleted, left }
}

async function removed(file: string): Promise<string> {
  await rm(file, { force: true })
  return file
}
