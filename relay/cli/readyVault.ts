/** The vault for secrets that a set-up command is about to store, with its folder closed to others first. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Vault } from '../openSecrets.ts'
import { vaultFor } from '../vault.ts'
import { entropyFileName } from '../windows/dpapiVault.ts'
import { restrictFolder } from '../windows/restrictFolder.ts'
import { defaultConfigFile } from './defaults.ts'
import { UsageError } from './output.ts'
import type { Surroundings } from './surroundings.ts'

export interface Place {
  readonly configFile: string
  readonly stateDir: string
  /** The account of the service, which must be able to open the secrets. */
  readonly serviceAccount: string | undefined
}

export interface ReadyVault {
  readonly vault: Vault
  /** For the person: what was found or could not be done. */
  readonly notes: readonly string[]
}

/**
 * On Windows the state folder is closed the first time and whenever an account is named, and so is the configuration's folder if it is
 * easgate's own: who can write there decides what runs. Throws a UsageError or a WindowsFailure.
 */
export async function readyVault(place: Place, here: Surroundings): Promise<ReadyVault> {
  const { configFile, stateDir, serviceAccount: account } = place
  const vault = vaultFor(stateDir, here)
  if (here.platform !== 'win32') {
    if (account !== undefined) throw new UsageError('--service-account is for Windows; leave it out')
    return { vault, notes: [] }
  }
  if (account === undefined && existsSync(path.join(stateDir, entropyFileName))) return { vault, notes: [] }
  const isOwnFolder = configFile === defaultConfigFile(here)
  if (isOwnFolder) await restrictFolder({ folder: path.dirname(configFile), account, rights: 'read' }, here.windows)
  const moved = await restrictFolder({ folder: stateDir, account, rights: 'modify' }, here.windows)
  const notes = moved.map((file) => `moved aside, because others could have written it: ${file}`)
  if (!isOwnFolder) notes.push(`see to it that only administrators can write to ${path.dirname(configFile)}`)
  return { vault, notes }
}
