import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ana, cleo, linkIn, mailTo, own, policy, world } from './activationCompany.ts'
import { noChromium, withChromium } from './chromium.ts'
import { startCompany, stopCompanies, type RunningCompany } from './runningCompany.ts'
import { until } from './until.ts'

if (noChromium) process.stderr.write(`The activation page is not tried in a real browser: ${noChromium}\n`)

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules: RunOptions = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }

/** What a person with an aid would stumble over. */
async function stumblingBlocks(page: Page): Promise<string[]> {
  const given = JSON.stringify(rules)
  const { violations } = (await page.evaluate(`${axe}; axe.run(document, ${given})`)) as AxeResults
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** Chooses a person and a device on the simulated sign-in, as one would with a finger. */
async function signIn(page: Page, user: string, device: string): Promise<void> {
  await page.selectOption('#user', user)
  await page.getByRole('button', { name: 'Next: the device' }).click()
  await page.selectOption('#device', device)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

describe.skipIf(noChromium !== null)('in a real Chromium', () => {
  let running: RunningCompany
  beforeAll(async () => {
    running = await startCompany({ world, policy })
    expect((await running.stack.app.sync({ kind: 'full', approve: true })).state).toBe('done')
  })
  afterAll(stopCompanies)

  test('a phone is connected with scripts switched off, within ten seconds from the tap to the command', async () => {
    const link = linkIn(await mailTo(running, 'ana@contoso.com'))
    await withChromium({ scripts: false, locale: 'de-DE' }, async (context) => {
      const page = await context.newPage()
      await page.goto(link)
      await signIn(page, ana.user, ana.entra)
      expect(await page.title()).toBe('Dieses Telefon mit Ihrer E-Mail verbinden')
      const tapped = performance.now()
      await page.getByRole('button', { name: 'Das ist mein Telefon' }).tap()
      await page.getByRole('heading', { name: 'Ihr Telefon ist verbunden' }).waitFor()
      await until('the command', async () => JSON.stringify(await running.journal()).includes('"Add":["EAS1"]'), 10_000)
      expect(performance.now() - tapped).toBeLessThan(10_000)
    })
  })

  test.each(['light', 'dark'] as const)(
    'every page can be used with aids, and fits a small screen: %s',
    async (colorScheme) => {
      const link = linkIn(await mailTo(running, 'cleo@contoso.com'))
      await withChromium({ scripts: true, locale: 'en-GB', colorScheme }, async (context) => {
        const page = await context.newPage()
        const failed: string[] = []
        page.on('console', (message) => void failed.push(message.text()))
        const look = async (title: string) => {
          await page.getByRole('heading', { name: title, level: 1 }).waitFor()
          expect(await page.title()).toBe(title)
          expect(await stumblingBlocks(page), title).toEqual([])
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), title).toBe(true)
        }
        await page.goto(link)
        await look('Who signs in?')
        await page.selectOption('#user', cleo.user)
        await page.getByRole('button', { name: 'Next: the device' }).click()
        await look('At which device?')
        await page.getByRole('button', { name: 'Sign in' }).click()
        await look('Connect this phone to your mail')
        await page.getByRole('button', { name: 'This is my phone' }).tap()
        await look('This device is not enrolled yet')
        await page.goto(link.replace(/.{3}$/, 'AAA'))
        await look('This link does not work')
        // Chromium says what the policy of contents stopped, and what could not be loaded
        expect(failed.filter((text) => !text.includes('status of 4'))).toEqual([])
      })
    },
  )

  test('a page of another site cannot confirm in one’s name', async () => {
    const link = linkIn(await mailTo(running, 'cleo@contoso.com'))
    await withChromium({ scripts: true, locale: 'en-GB' }, async (context) => {
      const page = await context.newPage()
      await page.goto(link)
      await signIn(page, cleo.user, '')
      const fields = await page.evaluate(
        `Object.fromEntries(new FormData(document.querySelector('form[method=post]')))`,
      )
      const { token = '', form = '' } = fields as Record<string, string>
      // The same computer under another name: another site to the browser
      const evil = link.replace('127.0.0.1', 'localhost').replace(/\/activate.*/, '/health')
      await page.route(evil, (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<form method="post" action="${link.replace(/\?.*/, '')}"><input name="token" value="${token}"><input name="form" value="${form}"><button>win</button></form>`,
        }),
      )
      await page.goto(evil)
      await page.getByRole('button', { name: 'win' }).click()
      // Not signed in there: the cookie does not travel with another site's form
      await page.waitForURL(/127\.0\.0\.1/)
      expect(['Who signs in?', 'Please try again']).toContain(await page.title())
      const activations = await running.stack.app.all<{ record: string }>(`${own}/activations`)
      expect(activations.map(({ record }) => record)).not.toContain(cleo.record)
    })
  })
})
