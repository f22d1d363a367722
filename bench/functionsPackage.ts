/** Cold start of the packaged Functions app: what importing it takes in a fresh process, beside the unbundled build in the same run. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { programFile, root } from '../sim/local/programFiles.ts'
import { median, round, type Bench, type Figure } from './bench.ts'

const goals = { importMs: 300, ratio: 0.5, packageMb: 5 }

interface Import {
  readonly ms: number
  /** Of all threads: hardly changes with what else the machine does. */
  readonly cpuMs: number
  readonly functions: number
}

/** Fresh processes, one kind after the other, so that both meet the same machine. The first of each warms the disk's cache and is not counted. */
export const functionsPackage: Bench = async ({ rounds = 11 }) => {
  const place = mkdtempSync(path.join(tmpdir(), 'easgate-package-'))
  try {
    const { folder, bytes, zipBytes } = pack(path.join(place, 'functions'))
    const [packed, unbundled] = [path.join(folder, 'app.js'), programFile('functions/app.js')]
    const bundle: Import[] = []
    const build: Import[] = []
    for (let count = 0; count <= rounds; count += 1) {
      bundle.push(importOf(packed))
      build.push(importOf(unbundled))
    }
    return resultOf(bundle.slice(1), build.slice(1), { bytes, zipBytes })
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function pack(folder: string): { folder: string; bytes: number; zipBytes: number } {
  const script = path.join(root, 'tools/packageFunctions.mjs')
  return JSON.parse(execFileSync(process.execPath, [script, folder], { encoding: 'utf8' })) as ReturnType<typeof pack>
}

function importOf(app: string): Import {
  const script = path.join(root, 'bench/importApp.mjs')
  return JSON.parse(execFileSync(process.execPath, [script, app], { encoding: 'utf8' })) as Import
}

function resultOf(
  bundle: readonly Import[],
  build: readonly Import[],
  { bytes, zipBytes }: { readonly bytes: number; readonly zipBytes: number },
): Awaited<ReturnType<Bench>> {
  const msOf = (imports: readonly Import[]) => median(imports.map(({ ms }) => ms))
  const row = (what: string, imports: readonly Import[]) => ({
    what,
    'median ms': round(msOf(imports)),
    'median CPU ms': round(median(imports.map(({ cpuMs }) => cpuMs))),
    functions: imports[0]?.functions ?? 0,
  })
  const below = (name: string, value: number, unit: string, most: number): Figure => {
    return { name, value, unit, goal: `at most ${most}`, isReached: value <= most }
  }
  return {
    rows: [row('import of the package', bundle), row('import of dist/functions/app.js', build)],
    figures: [
      below('import of the package', round(msOf(bundle)), 'ms', goals.importMs),
      below('beside the unbundled import', round(msOf(bundle) / msOf(build), 2), 'x', goals.ratio),
      below('the folder', round(bytes / 1e6, 2), 'MB', goals.packageMb),
      below('the zip', round(zipBytes / 1e6, 2), 'MB', goals.packageMb),
    ],
  }
}
