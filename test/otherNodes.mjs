// `npm test` runs this first: brings the other Node versions that Azure runs, once, for test/app.test.ts. Exact versions, no scripts.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'

const versions = { 22: '22.23.3', 24: '24.21.0' }
const platform = process.platform === 'win32' ? 'win' : process.platform
const cache = path.resolve(import.meta.dirname, '../node_modules/.cache/easgate')

for (const [major, version] of Object.entries(versions)) {
  const folder = path.join(cache, `node-${major}`)
  if (existsSync(folder)) continue
  const name = `node-${platform}-${process.arch}`
  const building = `${folder}.new`
  rmSync(building, { recursive: true, force: true })
  mkdirSync(building, { recursive: true })
  const args = [
    'install',
    '--prefix',
    building,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${name}@${version}`,
  ]
  const { status } = spawnSync('npm', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  const found = path.join(building, 'node_modules', name)
  // Without it the tests for this version say that they were skipped
  if (status === 0 && existsSync(found)) renameSync(found, folder)
  else process.stderr.write(`Node ${version} could not be installed; its tests will be skipped\n`)
  rmSync(building, { recursive: true, force: true })
}
