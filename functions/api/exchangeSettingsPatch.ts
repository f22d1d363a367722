/** What may be set of Exchange's own configuration beside Graph's policy: mail insert, recipients, mailbox policy, drift. Pure. */
import * as z from 'zod'
import { mailboxPolicyParameters } from '../../protocol/mailboxPolicy.ts'
import { mailAddress } from '../../protocol/values.ts'
import type { PolicyProperties } from '../core/ownConfiguration.ts'
import { closedObject, patchOf } from './body.ts'

/** Set-ActiveSyncOrganizationSettings takes no more (facts A7). Exchange keeps no blanks around the text. */
const userMailInsert = z
  .string()
  .trim()
  .max(256, 'must have at most 256 characters, as Exchange takes no more; put the longer text in the notification')

const adminMailRecipients = z
  .array(mailAddress)
  .max(100)
  .transform((addresses) => [...new Map(addresses.map((address) => [address.toLowerCase(), address])).values()])

/** Without IsDefault: it would give the policy to every mailbox of the organization at once. */
const { IsDefault: _isDefault, ...properties } = mailboxPolicyParameters('Mobile')

/** In one cmdlet's row: a name that is no other object's, and not another policy's. */
const policyNameText = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(
    /^[^\p{Cc}"*+,/:;<=>?[\\\]|]+$/u,
    'must be a name without control characters and without " * + , / : ; < = > ? [ \\ ] |',
  )

/** Lists of applications are long; the policy is one row of the tables with everything else. */
const maxPolicyChars = 20_000

const mailboxPolicy = closedObject({
  name: policyNameText,
  properties: patchOf(properties)
    .refine((given) => Object.keys(given).length > 0, 'must set at least one property')
    .refine((given) => JSON.stringify(given).length <= maxPolicyChars, `must be at most ${maxPolicyChars} characters`)
    // What the schemas of the single properties let through
    .transform((given) => given as PolicyProperties),
  assign: z.enum(['none', 'inScope']).default('none'),
  others: z.enum(['respect', 'override']).default('respect'),
})

export const exchangeSettingsPatch = {
  exchange: patchOf({
    userMailInsert: userMailInsert.nullable(),
    adminMailRecipients: adminMailRecipients.nullable(),
  }),
  mailboxPolicy: mailboxPolicy.nullable(),
  drift: z.enum(['mend', 'leave']),
}
