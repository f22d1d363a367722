/**
 * The simulated Exchange's world: `world.exchange` of a scenario (shared/scenarios/README.md). Only ids are required, null is
 * allowed, properties that are not known pass through. Pure.
 */
import * as z from 'zod'
import { accessLevels, characteristics } from './accessState.ts'
import { wrongCase } from './knownProperties.ts'

const text = z.string().nullish()
const texts = z.array(z.string()).nullish()
const flag = z.boolean().nullish()
const guid = z.string().trim().min(1)
const level = z.enum(accessLevels)

const server = z.looseObject({ Name: z.string().min(1), Fqdn: text, ServerRole: text, AdminDisplayVersion: text })
const organizationSettings = z.looseObject({
  DefaultAccessLevel: level.nullish(),
  UserMailInsert: text,
  OtaNotificationMailInsert: text,
  AdminMailRecipients: texts,
})
export const accessRule = z.looseObject({
  Guid: guid.nullish(),
  QueryString: z.string(),
  Characteristic: z.enum(characteristics),
  AccessLevel: level,
})
const mailbox = z.looseObject({
  Guid: guid,
  DistinguishedName: text,
  Name: text,
  SamAccountName: text,
  PrimarySmtpAddress: text,
  EmailAddresses: texts,
  ActiveSyncEnabled: flag,
  ActiveSyncAllowedDeviceIDs: texts,
  ActiveSyncBlockedDeviceIDs: texts,
  ActiveSyncMailboxPolicy: text,
  HasActiveSyncDevicePartnership: flag,
  WhenChangedUTC: text,
})
const device = z.looseObject({
  Guid: guid,
  Mailbox: text,
  DistinguishedName: text,
  DeviceId: text,
  DeviceType: text,
  DeviceModel: text,
  DeviceOS: text,
  DeviceUserAgent: text,
  ClientType: text,
  FirstSyncTime: text,
  DeviceAccessState: text,
  WhenChangedUTC: text,
})
const mailboxPolicy = z.looseObject({ Name: z.string().min(1), Guid: guid.nullish() })
const deviceClass = z.looseObject({ DeviceType: text, DeviceModel: text, LastUpdateTime: text })

/** What the account of the session may not see (RBAC). */
export const hiddenPermissions = z.strictObject({
  cmdlets: z.array(z.string()).optional(),
  /** Parameter names by cmdlet. */
  parameters: z.record(z.string(), z.array(z.string())).optional(),
})

const collections = {
  servers: z.array(server).optional(),
  organizationSettings: organizationSettings.nullish(),
  mailboxes: z.array(mailbox).optional(),
  devices: z.array(device).optional(),
  mailboxPolicies: z.array(mailboxPolicy).optional(),
  deviceClasses: z.array(deviceClass).optional(),
  hidden: hiddenPermissions.optional(),
}

const container = {
  organization: z.string().min(1).optional(),
  dialect: z.enum(['MobileDevice', 'ActiveSyncDevice']).optional(),
  ...collections,
  accessRules: z.array(accessRule).optional(),
}

/** `world.exchange`. A property name that differs from a known one only by case is an error that names both. */
export const exchangeWorld = z.unknown().superRefine(reportWrongCase).pipe(z.strictObject(container))
export type ExchangeWorld = z.infer<typeof exchangeWorld>

/** `patch.exchange`: the same shape; objects merge by Guid (servers and policies also by Name, rules also by what they match). */
export const exchangePatch = z
  .unknown()
  .superRefine(reportWrongCase)
  .pipe(z.strictObject({ ...container, accessRules: z.array(accessRule.partial()).optional() }))
export type ExchangePatch = z.infer<typeof exchangePatch>

/** `remove.exchange`: Guids by collection; rules also by Name. */
export const exchangeRemoval = z.strictObject({
  devices: z.array(guid).optional(),
  mailboxes: z.array(guid).optional(),
  accessRules: z.array(z.string()).optional(),
})
export type ExchangeRemoval = z.infer<typeof exchangeRemoval>

export type StatedMailbox = z.infer<typeof mailbox>
export type StatedDevice = z.infer<typeof device>
export type StatedRule = z.infer<typeof accessRule>
export type StatedServer = z.infer<typeof server>
export type StatedSettings = z.infer<typeof organizationSettings>
export type StatedPolicy = z.infer<typeof mailboxPolicy>
export type StatedClass = z.infer<typeof deviceClass>
export type HiddenPermissions = z.infer<typeof hiddenPermissions>

/** Reads a scenario (`{ world: { exchange } }`) or the exchange object alone; throws an Error that says what is wrong and where. */
export function parseWorld(json: unknown): ExchangeWorld {
  const whole = z.looseObject({ world: z.looseObject({ exchange: z.unknown().optional() }) }).safeParse(json)
  const result = exchangeWorld.safeParse(whole.success ? (whole.data.world.exchange ?? {}) : json)
  if (!result.success) throw new Error(`The Exchange world is not valid:\n${z.prettifyError(result.error)}`)
  return result.data
}

// Before the schema, so that a `guid` is answered with "did you mean Guid" and not with "Guid is missing".
function reportWrongCase(world: unknown, context: z.RefinementCtx): void {
  if (typeof world !== 'object' || world === null) return
  for (const [collection, value] of Object.entries(world)) {
    const objects: unknown[] = Array.isArray(value) ? value : [value]
    for (const [index, object] of objects.entries()) {
      for (const [found, known] of wrongCase(collection, object)) {
        const path = Array.isArray(value) ? [collection, index, found] : [collection, found]
        context.addIssue({ code: 'custom', path, message: `unknown property "${found}": did you mean "${known}"?` })
      }
    }
  }
}
