/** Hooks of the app, as the library registers them. */
import { afterAll, expect, test } from 'vitest'
import { HostProcess, killHosts } from './hostProcess.ts'

afterAll(killHosts)

test('hooks may replace inputs, result, error and log lines; the end hook runs at the end', async () => {
  const host = await HostProcess.start('hooks.js')
  expect(await (await host.get('/replaced')).text()).toBe('replaced input, result after before')
  expect(await (await host.get('/rescued')).text()).toBe('rescued from: trouble')
  expect(host.logged('replaced')[0]).toBe('changed by a hook')
  host.kill('SIGTERM')
  expect(await host.exited).toBe(0)
  expect(host.lines.at(-1)?.message).toBe('the end')
})
