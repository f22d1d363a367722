/** Debian's Chromium, headless, with a fresh profile that goes away; nothing of it calls home. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium, type BrowserContext } from 'playwright-core'

const [program = ''] = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.split('\n')

/** Why it cannot be run here; null: it can. */
export const noChromium = program === '' ? 'chromium is not installed (apt-get install chromium)' : null

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface BrowserOptions {
  readonly scripts: boolean
  readonly locale: string
  readonly colorScheme?: 'light' | 'dark'
}

/** A phone's screen. */
export async function withChromium<T>(
  { scripts, locale, colorScheme = 'light' }: BrowserOptions,
  use: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const profile = mkdtempSync(path.join(tmpdir(), 'easgate-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    args: flags,
    javaScriptEnabled: scripts,
    locale,
    colorScheme,
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    hasTouch: true,
  })
  try {
    return await use(context)
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
}
