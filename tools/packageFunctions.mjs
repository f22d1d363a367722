// `npm run package:functions [-- FOLDER]`: the folder that azd and `func azure functionapp publish` publish, and the same as a zip beside it.
// The app is bundled: no node_modules, no files for development. The same sources give the same bytes.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { strToU8, zipSync } from 'fflate'
import { noticesOf, packagesIn } from './thirdPartyNotices.mjs'

const root = path.resolve(import.meta.dirname, '..')
const { version, license, engines } = JSON.parse(read('package.json'))
const folder = path.resolve(process.argv[2] ?? path.join(root, 'package/functions'))
const zipFile = path.join(path.dirname(folder), `easgate-functions-${version}.zip`)

/** A zip has times without a zone: local noon is the same bytes everywhere. */
const mtime = new Date(2020, 0, 1, 12)

checkIsOurs()
const { program, packages } = await bundle()
const files = { ...program, ...hostFiles(), ...documents(packages) }
const entries = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
writeFolder()
const zip = zipSync(Object.fromEntries(entries.map(([name, bytes]) => [name, [bytes, { level: 9, mtime }]])))
writeFileSync(zipFile, zip)
const bytes = entries.reduce((sum, [, one]) => sum + one.length, 0)
const sha256 = createHash('sha256').update(zip).digest('hex')
process.stdout.write(`${JSON.stringify({ folder, bytes, zip: zipFile, zipBytes: zip.length, sha256 })}\n`)

/** The app as app.js and chunks that are loaded when they are needed: the identity's library is one, and costs a cold start nothing. */
async function bundle() {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(root, 'functions/app.ts')],
    absWorkingDir: root,
    outdir: folder,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    // Stacks in Application Insights are read with these names.
    keepNames: true,
    legalComments: 'none',
    // Packages in CommonJS ask for Node's own modules by require. The names are our own: a bundled module may declare the usual ones.
    banner: {
      js: "import{createRequire as easgateRequire}from'node:module';const require=easgateRequire(import.meta.url);",
    },
    // The Functions worker answers for its own module. ws works without the other two, and says so by a failing require.
    external: ['@azure/functions-core', 'bufferutil', 'utf-8-validate'],
  })
  const program = outputFiles.map(({ path: file, contents }) => [toSlashes(path.relative(folder, file)), contents])
  return { program: Object.fromEntries(program), packages: packagesIn(metafile) }
}

/** No dependencies: whoever publishes must not find anything to install. */
function hostFiles() {
  const description = {
    name: 'easgate-functions',
    version,
    private: true,
    license,
    type: 'module',
    main: 'app.js',
    engines,
  }
  return {
    'host.json': strToU8(read('host.json')),
    'package.json': strToU8(`${JSON.stringify(description, null, 2)}\n`),
  }
}

function documents(packages) {
  const own = { 'THIRD-PARTY-NOTICES.txt': strToU8(noticesOf(root, packages)) }
  return existsSync(path.join(root, 'LICENSE')) ? { ...own, LICENSE: strToU8(read('LICENSE')) } : own
}

/** The folder is emptied first, so a folder given by mistake must not be lost. */
function checkIsOurs() {
  if (!existsSync(folder)) return
  const file = path.join(folder, 'package.json')
  const name = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).name : undefined
  if (name !== 'easgate-functions')
    throw new Error(`${folder} is there and is no package of the Functions app; take it away, or give another folder`)
}

function writeFolder() {
  rmSync(folder, { recursive: true, force: true })
  for (const [name, content] of entries) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
}

function toSlashes(name) {
  return name.replaceAll('\\', '/')
}

function read(...names) {
  return readFileSync(path.join(root, ...names), 'utf8')
}
