/**
 * Secrets at rest on Windows: DPAPI with the computer's key, and with entropy from a file that only SYSTEM, administrators and the service's
 * account may read. Why not the account's own key: nobody can log on as a gMSA to protect a secret for it, and the keys of an account whose
 * profile is not loaded get lost. So the access list of the entropy is what ties a secret to the account.
 */
import path from 'node:path'
import * as z from 'zod'
import type { Vault } from '../openSecrets.ts'
import type { WindowsScript } from './windowsScript.ts'

export const entropyFileName = 'relay.entropy'

const protectAnswer = z.object({ protected: z.base64() })
const unprotectAnswer = z.object({
  secrets: z.array(z.union([z.object({ secret: z.string() }), z.object({ problem: z.string() })])),
})
type Opened = z.infer<typeof unprotectAnswer>['secrets'][number]

interface Waiting {
  readonly protectedText: string
  readonly resolve: (secret: string) => void
  readonly reject: (error: unknown) => void
}

/** Secrets that are opened in one turn of the event loop share one PowerShell, because starting it takes most of a second. */
export function dpapiVault(stateDir: string, windows: WindowsScript): Vault {
  const entropyFile = path.join(stateDir, entropyFileName)
  let waiting: Waiting[] = []
  const openWaiting = async () => {
    const asked = waiting
    waiting = []
    try {
      const texts = asked.map(({ protectedText }) => protectedText)
      const { secrets } = unprotectAnswer.parse(await windows('unprotect', { protected: texts, entropyFile }))
      asked.forEach((one, index) => settle(one, secrets[index]))
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
  return {
    protect: async (secret) => protectAnswer.parse(await windows('protect', { secret, entropyFile })).protected,
    open: async (protectedText) =>
      new Promise((resolve, reject) => {
        waiting.push({ protectedText, resolve, reject })
        if (waiting.length === 1) setImmediate(() => void openWaiting())
      }),
  }
}

function settle({ resolve, reject }: Waiting, opened: Opened | undefined): void {
  if (opened && 'secret' in opened) resolve(opened.secret)
  else reject(new Error(opened?.problem ?? 'Windows gave no answer for it'))
}
