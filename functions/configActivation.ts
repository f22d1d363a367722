/** The app settings of activation: where people reach the app, and how the device of a sign-in is proven. */
import type { ProofKind } from './core/activation.ts'
import { readOrigin } from './configEndpoint.ts'
import { setting, type Complain, type Environment } from './configSetting.ts'

export interface ActivationConfig {
  /** An origin such as `https://easgate.contoso.com`; null: mails carry no link. */
  readonly publicUrl: string | null
  readonly proof: ProofKind
}

const proofs: Record<ProofKind, ProofKind> = {
  deviceClaim: 'deviceClaim',
  signInLog: 'signInLog',
  compliantOnly: 'compliantOnly',
}

/*
 * EASGATE_PUBLIC_URL | WEBSITE_HOSTNAME (App Service sets it) | address
 * given              | any                                    | that origin; wrong: complained of
 * none               | given                                  | https://HOSTNAME; http://HOST:PORT where it is this machine's own loopback
 * none               | none                                   | none
 */
export function readActivation(env: Environment, complain: Complain): ActivationConfig {
  return { publicUrl: readPublicUrl(env, complain), proof: readProof(env, complain) }
}

function readPublicUrl(env: Environment, complain: Complain): string | null {
  if (setting(env, 'EASGATE_PUBLIC_URL') !== undefined)
    return readOrigin(env, 'EASGATE_PUBLIC_URL', 'https://easgate.contoso.com', complain)
  const host = setting(env, 'WEBSITE_HOSTNAME')?.toLowerCase() ?? ''
  if (/^(localhost|127\.0\.0\.1):\d{1,5}$/.test(host)) return `http://${host}`
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host) ? `https://${host}` : null
}

function readProof(env: Environment, complain: Complain): ProofKind {
  const text = setting(env, 'EASGATE_DEVICE_PROOF') ?? 'deviceClaim'
  const known = Object.values(proofs).find((one) => one === text)
  if (known) return known
  complain('EASGATE_DEVICE_PROOF', 'is no way to prove a device', `use one of ${Object.keys(proofs).join(', ')}`)
  return 'deviceClaim'
}
