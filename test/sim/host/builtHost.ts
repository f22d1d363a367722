/** Gives the tests the built host: builds once when a source is newer than its output, as `npm test` does before vitest. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const repo = resolve(import.meta.dirname, '../../..')
const sources = join(repo, 'sim/host')
const built = join(repo, 'dist/sim/host')
const lock = join(tmpdir(), `easgate-build-${repo.replaceAll(/\W/g, '-')}`)

/** Path of the host's built entry file. Test files run in parallel: one builds, the others wait for it. */
export function builtHost(): string {
  while (isStale()) {
    if (!takeLock()) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      continue
    }
    try {
      if (isStale()) build()
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
  return join(built, 'main.js')
}

function isStale(): boolean {
  const names = readdirSync(sources).filter((name) => name.endsWith('.ts'))
  return names.some((name) => {
    const output = join(built, name.replace(/\.ts$/, '.js'))
    return !existsSync(output) || statSync(output).mtimeMs < statSync(join(sources, name)).mtimeMs
  })
}

/** tsc writes its output in spite of type errors, which `npm run check` reports; without output there is nothing to test. */
function build(): void {
  const { stdout, stderr } = spawnSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: repo, encoding: 'utf8' })
  if (isStale()) throw new Error(`tsc did not write all of ${built}:\n${stdout}${stderr}`)
}

/** False when another process builds. A lock older than a minute was left by one that died. */
function takeLock(): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const since = existsSync(lock) ? statSync(lock).mtimeMs : Date.now()
    if (Date.now() - since > 60_000) rmSync(lock, { recursive: true, force: true })
    return false
  }
}
