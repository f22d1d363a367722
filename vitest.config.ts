/** How the tests run: real processes, so few files at a time; the last line counts. */
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './test/summaryReporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Real processes on every side: two files at a time keep two cores busy and no timer starved
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
  },
})
