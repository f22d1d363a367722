// `npm test` runs this first: brings the Debian packages that tests drive as real programs, quietly, as root where there is apt. Elsewhere
// those tests say that they were skipped. Packages of programs only: none that starts a service.
import { spawnSync } from 'node:child_process'

// package: the program that it brings
const wanted = { 'tinyproxy-bin': 'tinyproxy', chromium: 'chromium' }

const missing = Object.entries(wanted).filter(([, program]) => !isThere(program))
if (missing.length > 0) {
  const names = missing.map(([name]) => name)
  const mayInstall = process.getuid?.() === 0 && isThere('apt-get')
  if (!mayInstall || !install(names)) {
    process.stderr.write(
      `Not installed: ${names.join(', ')}; its tests will be skipped (apt-get install ${names.join(' ')})\n`,
    )
  }
}

function isThere(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0
}

// The lists of a fresh container are empty or old, so they are brought first.
function install(names) {
  return apt(['update']) && apt(['install', '-y', '--no-install-recommends', ...names])
}

function apt(args) {
  const options = ['-qq', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=30', '-o', 'DPkg::Lock::Timeout=60']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stderr } = spawnSync('apt-get', [...options, ...args], { env, timeout: 300_000, encoding: 'utf8' })
  if (status !== 0)
    process.stderr.write(`apt-get ${args[0]}: ${String(stderr).trim().split('\n').slice(-3).join('; ')}\n`)
  return status === 0
}
