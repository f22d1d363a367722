/** How the relay starts with Windows, as the state folder remembers it: what `install` did is what `uninstall` undoes. */
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { writeWhole } from '../writeWhole.ts'

export const installationFileName = 'installation.json'
export const defaultName = 'easgate-relay'

const installation = z.object({
  kind: z.enum(['task', 'service']),
  name: z.string(),
  account: z.string(),
  /** Of a service: the WinSW that the administrator brought. */
  winsw: z.string().optional(),
})
export type Installation = z.infer<typeof installation>

export async function readInstallation(stateDir: string): Promise<Installation | undefined> {
  try {
    return installation.parse(JSON.parse(await readFile(path.join(stateDir, installationFileName), 'utf8')))
  } catch {
    // Not installed, or by hand: uninstall then looks for the task by its name.
    return undefined
  }
}

export async function writeInstallation(stateDir: string, value: Installation): Promise<void> {
  await writeWhole(path.join(stateDir, installationFileName), `${JSON.stringify(value, null, 2)}\n`)
}

export async function forgetInstallation(stateDir: string): Promise<void> {
  await rm(path.join(stateDir, installationFileName), { force: true })
}
