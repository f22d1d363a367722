/** The kinds of parameter values that a command may carry. Values travel as data and never as text (design.md 9). Pure. */
import * as z from 'zod'

/**
 * One object, named by Guid, DN, address or Exchange's identity string. Never empty: Get-… with an empty identity returns
 * every object (facts/exchange-and-graph.md A1, common traps).
 */
export const identity = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => text.trim() !== '', 'an identity must not be blank')

export const text = z.string().max(20_000)
export const flag = z.boolean()
export const count = z.int().min(0)
export const resultSize = z.union([z.literal('Unlimited'), z.int().min(1)])
/** An OPATH filter; whoever builds it escapes quotes (facts A1). */
export const filter = z.string().min(1).max(30_000)
const item = z.string().min(1).max(1024)

/** A multi-valued property that is edited, never overwritten: `@{Add=…;Remove=…}` (design.md 6). */
export const edit = z
  .strictObject({ Add: z.array(item).min(1).max(1200).optional(), Remove: z.array(item).min(1).max(1200).optional() })
  .refine((value) => value.Add !== undefined || value.Remove !== undefined, 'needs Add, Remove or both')

export const texts = z.array(item).max(1200)
export const accessLevel = z.enum(['Allow', 'Block', 'Quarantine'])
export const characteristic = z.enum(['DeviceType', 'DeviceModel', 'DeviceOS', 'UserAgent', 'XMSWLHeader'])
/** A .NET TimeSpan such as `00:15:00` or `1.00:00:00`, or Unlimited. */
export const duration = z
  .string()
  .regex(/^(Unlimited|(\d{1,5}\.)?\d{1,2}:\d{2}(:\d{2})?)$/, 'a TimeSpan such as 00:15:00, or Unlimited')
/** One SMTP address and nothing else: no list, no display name, nothing that could end a header. */
export const mailAddress = z
  .string()
  .max(320)
  .regex(/^[^\s@<>()[\],;:"\\\p{Cc}]+@[^\s@<>()[\],;:"\\\p{Cc}]+$/u, 'one mail address')
export const mailSubject = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
export const mailHtml = z.string().min(1).max(200_000)
/** A PNG of at most 64 KiB in base64; `iVBORw0KGgo` is the signature that every PNG begins with. */
export const mailImage = z
  .string()
  .max(87_384)
  .regex(/^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$/, 'a PNG in base64')
  .refine((text) => text.length % 4 === 0, 'base64 whose length is a multiple of four')

export const countOrUnlimited = z.union([z.literal('Unlimited'), count])

export type ParameterValue =
  string | number | boolean | null | readonly string[] | { Add?: readonly string[]; Remove?: readonly string[] }
