import type { FakeSystem } from './fakeSystem.ts'

/** What every stored decision says, by record Guid: access level, reason, and the fallback where there is one. */
export async function decisionTexts(system: FakeSystem): Promise<Record<string, string>> {
  const found = Object.entries(await system.decisions())
  return Object.fromEntries(
    found.map(([guid, { access, reason, fallback }]) => [
      guid,
      [access, reason, ...(fallback ? [fallback] : [])].join(' '),
    ]),
  )
}
