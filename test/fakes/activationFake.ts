/** What activation needs, with a key of its own; the proof is what the test says. */
import type { DeviceProof } from '../../functions/core/activation.ts'
import type { ActivationPort, SignedPurpose } from '../../functions/ports.ts'
import { newKeyPair, signerFrom } from '../../protocol/signing.ts'
import { textSigner } from '../../protocol/signedText.ts'

const signer = signerFrom(newKeyPair().privateKey)

export interface ActivationFake extends ActivationPort {
  /** What the next sign-ins prove. */
  proof: DeviceProof
}

/** No address, so that mails carry no link, unless one is given. */
export function activationFake(publicUrl: string | null = null): ActivationFake {
  const of = (purpose: SignedPurpose) => textSigner(signer, purpose)
  const fake: ActivationFake = {
    publicUrl,
    proof: { kind: 'none', by: 'deviceClaim', isLate: false },
    sign: (purpose, text) => of(purpose).sign(text),
    open: (purpose, signed) => of(purpose).open(signed),
    proveDevice: async () => fake.proof,
  }
  return fake
}
