/** Where secrets are protected at rest. Outside Windows nowhere, so none is stored: there they come from the environment. */
import type { Vault } from './openSecrets.ts'

const remedy = 'give the secret in an environment variable of the service and name it: { "env": "NAME" }'

export const noVault: Vault = {
  protect: async () => Promise.reject(new Error(`this system has no DPAPI, so the relay stores no secret; ${remedy}`)),
  open: async () => Promise.reject(new Error(`it was protected by DPAPI on a Windows computer; ${remedy}`)),
}
