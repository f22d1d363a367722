/** Step: the relay can write to its state folder, and its private key is there and private. */
import { randomUUID } from 'node:crypto'
import { rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { keyFileName, readKey } from '../relayKey.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'

/** Makes no key: that is for `join`, where somebody sees its fingerprint. */
export async function checkFolder(context: CheckContext): Promise<Finding> {
  const { stateDir } = known(context, 'config')
  const problem = await writingProblem(stateDir)
  if (problem !== undefined)
    return bad(`${stateDir}: ${problem}`, 'Let the account of the service write there, and nobody else.')
  const signer = await readKey(path.join(stateDir, keyFileName), context.vaultFor(stateDir))
  if (!signer)
    return warning(
      `${stateDir} can be written to, but holds no key yet`,
      'Run easgate-relay join, and have the fingerprint approved.',
    )
  return good(`${stateDir} can be written to; the relay's key ${signer.fingerprint} can be opened`)
}

async function writingProblem(folder: string): Promise<string | undefined> {
  const probe = path.join(folder, `.check-${randomUUID()}`)
  try {
    if (!(await stat(folder)).isDirectory()) return 'it is no folder'
    await writeFile(probe, '')
    await rm(probe)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
