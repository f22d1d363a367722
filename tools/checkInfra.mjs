// `npm run check:infra`: builds and lints the Bicep files where a Bicep compiler is found, and always checks what can be checked without one.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { loadGrammar, readBicep } from './infra/bicepFile.mjs'
import * as checks from './infra/checks.mjs'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', multiple: true, default: ['infra'] },
    readme: { type: 'string', default: 'README.md' },
    json: { type: 'boolean', default: false },
  },
})

await loadGrammar()
const compiler = findCompiler()
for (const folder of values.folder) report(folder, check(folder))

/** Every problem of a folder, with the name of the check that found it. */
function check(folder) {
  const files = bicepFiles(folder).map(readBicep)
  const context = { folder, readme: values.readme }
  const found = Object.entries(checks).flatMap(([name, run]) =>
    run(files, context).map((problem) => ({ check: name, problem })),
  )
  const compiled = compiler ? compile(compiler, folder) : []
  return { files: files.length, problems: [...found, ...compiled.map((problem) => ({ check: 'compiler', problem }))] }
}

function bicepFiles(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => /\.bicep(param)?$/.test(name))
  return names.toSorted().map((name) => path.join(folder, name))
}

/** The command line before the file, or null. */
function findCompiler() {
  const candidates = [
    { build: ['bicep', 'build', '--stdout'], lint: ['bicep', 'lint'], probe: ['bicep', '--version'] },
    {
      build: ['az', 'bicep', 'build', '--stdout', '--file'],
      lint: ['az', 'bicep', 'lint', '--file'],
      probe: ['az', 'bicep', 'version'],
    },
  ]
  return candidates.find(({ probe }) => run(probe).status === 0) ?? null
}

/** Warnings of the linter are told, only errors count: the rules that matter are errors in bicepconfig.json. */
function compile({ build, lint }, folder) {
  const main = path.join(folder, 'main.bicep')
  return [build, lint].flatMap((command) => {
    const { status, stderr } = run([...command, main])
    if (stderr) process.stderr.write(stderr)
    return status === 0 ? [] : [`${[...command, main].join(' ')} ended with ${status}`]
  })
}

function run([command, ...args]) {
  const isWindows = process.platform === 'win32'
  return spawnSync(command, args, { encoding: 'utf8', shell: isWindows, maxBuffer: 64 * 1024 * 1024 })
}

function report(folder, { files, problems }) {
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ folder, files, compiler: compiler !== null, problems })}\n`)
  } else {
    for (const { check: name, problem } of problems) process.stdout.write(`${name}: ${problem}\n`)
    const by = compiler ? `${compiler.probe[0]} and the checks` : 'the checks (no Bicep compiler was found)'
    process.stdout.write(`${files} files read by ${by}: ${problems.length} problems\n`)
  }
  // A folder without files is a wrong folder
  if (problems.length > 0 || files === 0) process.exitCode = 1
}
