/** The policy's own ordered rules, made into what the decision table asks. Exact text, case ignored. Pure. */
import type { EasRecord, ExtraRule, ExtraRuleSetting } from './types.ts'

const readers: Readonly<Record<keyof ExtraRuleSetting['when'], (record: EasRecord) => string | null>> = {
  deviceId: (record) => record.deviceId,
  deviceType: (record) => record.deviceType,
  deviceModel: (record) => record.deviceModel,
  deviceOs: (record) => record.deviceOs,
  userAgent: (record) => record.userAgent,
}

/** A rule fits when every property that it names fits; one that names none fits nothing. */
export function compileExtraRules(settings: readonly ExtraRuleSetting[]): ExtraRule[] {
  return settings.map(({ name, level, when }) => {
    const wanted = (Object.keys(readers) as (keyof typeof when)[]).flatMap((property) => {
      const text = when[property]
      return text === undefined ? [] : [{ read: readers[property], text: text.toLowerCase() }]
    })
    return {
      name,
      level,
      fits: (record) => wanted.length > 0 && wanted.every(({ read, text }) => read(record)?.toLowerCase() === text),
    }
  })
}
