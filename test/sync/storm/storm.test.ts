import { expect, test } from 'vitest'
import { expectStorms } from './stormProperty.ts'

// Two files, so that two workers share the worlds
test('the promises hold after every step, whatever dies, fails, comes twice or too late: one half of the worlds', async () => {
  await expect(expectStorms(0.5)).resolves.toBeUndefined()
}, 7_200_000)
