/** Whose browser it is: Entra's sign-in as the platform states it, or on a developer's machine the simulated one. */
import type { HttpRequest } from '@azure/functions'
import type { ActivationPort, SignIn } from '../../ports.ts'
import type { Wiring } from '../../wiring.ts'
import { isOwnLoopback, readPrincipal } from '../caller.ts'
import { simulatedPerson } from './simulatedPerson.ts'

export interface Person extends SignIn {
  /** As they would recognize themselves. */
  readonly name: string
  readonly isSimulated: boolean
}

/*
 * where                                  | x-ms-client-principal | simulated sign-in | person
 * Azure, built-in authentication on      | readable              | never looked at   | whom it names; no app role is needed
 *                                        | missing, not readable | never looked at   | nobody yet: signIn
 * Azure, built-in authentication off     | whatever it says      | never looked at   | unavailable: anyone could have written it
 * elsewhere, this machine's own loopback | given                 | either            | whom it names
 *  (setting EASGATE_ADMIN_LOOPBACK)      | missing               | yes               | whom it names
 *                                        | missing               | no                | nobody yet: signIn
 * elsewhere, anything else               | whatever it says      | either            | unavailable
 */
export function personSignedIn(
  request: HttpRequest,
  hosting: Wiring['hosting'],
  activation: ActivationPort,
): Person | 'signIn' | 'unavailable' {
  const header = request.headers.get('x-ms-client-principal')
  const named = header === null ? null : fromPrincipal(header)
  if (hosting.isAzure) return hosting.hasBuiltInAuth ? (named ?? 'signIn') : 'unavailable'
  if (!isSimulationOn(request, hosting)) return 'unavailable'
  return named ?? simulatedPerson(request, activation) ?? 'signIn'
}

/** Never in Azure: it lets anybody be anybody. */
export function isSimulationOn(request: HttpRequest, hosting: Wiring['hosting']): boolean {
  return !hosting.isAzure && hosting.isLoopbackAdmin && isOwnLoopback(request)
}

const nameClaims = ['preferred_username', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name', 'upn', 'name']

function fromPrincipal(header: string): Person | null {
  const principal = readPrincipal(header)
  if (!principal) return null
  const claims = new Map<string, string>()
  for (const { typ, val } of principal.claims) if (!claims.has(typ)) claims.set(typ, val)
  const name = nameClaims.map((one) => claims.get(one)).find((one) => one !== undefined && one !== '')
  return { userId: principal.id.toLowerCase(), claims, name: name ?? principal.id, isSimulated: false }
}
