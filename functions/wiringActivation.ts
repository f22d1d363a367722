/** The port of activation: signed texts, and the device proof that the settings choose (docs/activation.md says what each proves). */
import type { TokenCredential } from '@azure/core-auth'
import { textSigner, type TextSigner } from '../protocol/signedText.ts'
import type { Config } from './config.ts'
import type { DeviceProof } from './core/activation.ts'
import { signInProof } from './graph/signInProof.ts'
import type { ActivationPort, Log, SignedPurpose, SignIn } from './ports.ts'

export function activationPort(
  { activation, signer, graphEndpoint }: Config,
  credential: TokenCredential | null,
  log: Log,
): ActivationPort {
  const signers = new Map<SignedPurpose, TextSigner>()
  const of = (purpose: SignedPurpose) => {
    const found = signers.get(purpose) ?? textSigner(signer, purpose)
    signers.set(purpose, found)
    return found
  }
  const proofs: Record<typeof activation.proof, ActivationPort['proveDevice']> = {
    deviceClaim: async (signIn) => byClaim(signIn),
    signInLog: signInProof({ endpoint: graphEndpoint, credential, log }),
    compliantOnly: async () => ({ kind: 'compliant', by: 'compliantOnly' }),
  }
  return {
    publicUrl: activation.publicUrl,
    sign: (purpose, text) => of(purpose).sign(text),
    open: (purpose, signed) => of(purpose).open(signed),
    proveDevice: proofs[activation.proof],
  }
}

/** Names of the claim: Entra's own, and the one that the platform's claims mapping may make of it. */
const deviceClaims = ['deviceid', 'http://schemas.microsoft.com/2012/01/devicecontext/claims/identifier']
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function byClaim({ claims }: SignIn): DeviceProof {
  const id = deviceClaims.map((name) => claims.get(name)?.trim().toLowerCase() ?? '').find((text) => guid.test(text))
  if (id === undefined) return { kind: 'none', by: 'deviceClaim', isLate: false }
  return { kind: 'device', by: 'deviceClaim', azureAdDeviceId: id }
}
