/** Where secrets are protected at rest: DPAPI on Windows. Elsewhere nowhere, so none is stored: there they come from the environment. */
import type { Vault } from './openSecrets.ts'
import { dpapiVault } from './windows/dpapiVault.ts'
import type { WindowsScript } from './windows/windowsScript.ts'

const remedy = 'give the secret in an environment variable of the service and name it: { "env": "NAME" }'

export const noVault: Vault = {
  protect: async () => Promise.reject(new Error(`this system has no DPAPI, so the relay stores no secret; ${remedy}`)),
  open: async () => Promise.reject(new Error(`it was protected by DPAPI on a Windows computer; ${remedy}`)),
}

export interface VaultOptions {
  readonly platform: string
  readonly windows: WindowsScript
}

/** The vault of the relay whose state folder this is. Compare with noVault to know whether it stores anything. */
export function vaultFor(stateDir: string, { platform, windows }: VaultOptions): Vault {
  return platform === 'win32' ? dpapiVault(stateDir, windows) : noVault
}
