/** The simulated sign-in as a cookie holds it: signed, so that it cannot be mistaken for anything else. Developer's machines only. */
import type { HttpRequest } from '@azure/functions'
import * as z from 'zod'
import type { ActivationPort } from '../../ports.ts'
import type { Person } from './personSignedIn.ts'

const cookieName = 'easgate-simulated-sign-in'
const schema = z.strictObject({
  userId: z.string().min(1),
  name: z.string(),
  /** Entra id of the device that one sits at; null: a browser that Entra does not know. */
  deviceId: z.string().nullable(),
  /** The token's identifier, as the sign-in log has it. */
  uti: z.string(),
})
export type SimulatedSignIn = z.infer<typeof schema>

export function simulatedPerson(request: HttpRequest, activation: ActivationPort): Person | null {
  const cookies = (request.headers.get('cookie') ?? '').split(/;\s*/)
  const value = cookies.find((one) => one.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1)
  const text = value === undefined ? null : activation.open('simulated sign-in', value)
  if (text === null) return null
  const { userId, name, deviceId, uti } = schema.parse(JSON.parse(text))
  const claims = new Map([
    ['oid', userId],
    ['uti', uti],
    ...(deviceId === null ? [] : [['deviceid', deviceId] as const]),
  ])
  return { userId, claims, name, isSimulated: true }
}

/** The text of a Set-Cookie header. */
export function simulatedCookie(signIn: SimulatedSignIn, activation: ActivationPort): string {
  const value = activation.sign('simulated sign-in', JSON.stringify(signIn))
  return `${cookieName}=${value}; Path=/activate; HttpOnly; SameSite=Lax`
}
