/** How a running relay is, as a file that other programs read: `easgate-relay status`, a monitoring agent. One JSON object, always whole. */
import path from 'node:path'
import * as z from 'zod'
import { readIfThere } from './readIfThere.ts'
import { writeWhole } from './writeWhole.ts'

export const statusFileName = 'status.json'
/** It is written on every change and at the latest after this; a file that is much older is of a relay that hangs or was killed. */
export const statusEveryMs = 30_000

const time = z.iso.datetime()
const failure = z.object({ category: z.string(), message: z.string() })

export const relayStatus = z.object({
  /** Of this shape. A reader that knows another number says so. */
  format: z.literal(1),
  updatedAt: time,
  pid: z.int(),
  /** starting: before the first attempt to open a session ended. */
  state: z.enum(['starting', 'running', 'stopping', 'stopped']),
  version: z.string(),
  connectorId: z.string(),
  /** Of the relay's key, as an administrator approves it. */
  fingerprint: z.string(),
  startedAt: time,
  /** The way to the cloud side; null before it is begun. */
  cloud: z
    .object({
      /** Control channels that are registered, of how many, and since when at least one is, or none. */
      connected: z.int(),
      channels: z.int(),
      since: time,
      lastError: z.object({ at: time, reason: z.string() }).nullable(),
    })
    .nullable(),
  exchange: z.object({
    /** Whether sessions can be had: false while they are being opened or fail. */
    isOpen: z.boolean(),
    /** The server in use, or last in use, since when, and why that one. Null before the first session. */
    server: z.string().nullable(),
    since: time.nullable(),
    reason: z.string().nullable(),
    /** What the configuration names, and who may stand in for it, best first. */
    configuredServer: z.string(),
    standIns: z.array(z.string()),
    organization: z.string().nullable(),
    dialect: z.string().nullable(),
    /** Why there is no session, when there is none. */
    lastFailure: failure.nullable(),
  }),
  /** Null until it is known. `needed`: some of easgate's work stops without it. */
  permissions: z
    .object({
      checkedAt: time,
      missing: z.array(
        z.object({
          cmdlet: z.string(),
          missing: z.union([z.literal('cmdlet'), z.array(z.string())]),
          role: z.string(),
          consequence: z.string(),
          severity: z.enum(['needed', 'optional']),
        }),
      ),
    })
    .nullable(),
  conversations: z.int(),
  /** When the cloud side last handed over commands. */
  lastBatchAt: time.nullable(),
  hasMail: z.boolean(),
})
export type RelayStatus = z.infer<typeof relayStatus>

export async function writeStatus(stateDir: string, status: RelayStatus): Promise<void> {
  await writeWhole(path.join(stateDir, statusFileName), `${JSON.stringify(status, null, 2)}\n`)
}

/** Null: there is none, so no relay ever ran with this folder. Throws when it cannot be read or is of another format. */
export async function readStatus(stateDir: string): Promise<RelayStatus | null> {
  const file = path.join(stateDir, statusFileName)
  const text = await readIfThere(file)
  if (text === null) return null
  const parsed = relayStatus.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new Error(`${file} is not a status of this version: ${z.prettifyError(parsed.error)}`)
}

/** Undefined for what is not JSON: the schema refuses that, too. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
