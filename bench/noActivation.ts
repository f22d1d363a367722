/** Activation where nobody activates: no address, no key. */
import type { ActivationPort } from '../functions/ports.ts'

export const noActivation: ActivationPort = {
  publicUrl: null,
  sign: (_purpose, text) => text,
  open: () => null,
  proveDevice: async () => ({ kind: 'none', by: 'deviceClaim', isLate: false }),
}
