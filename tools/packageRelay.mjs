// `npm run package:relay`: one zip with everything an Exchange administrator installs, but for Node itself. The same sources give the same bytes.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { strToU8, zipSync } from 'fflate'
import { noticesOf, packagesIn } from './thirdPartyNotices.mjs'

const root = path.resolve(import.meta.dirname, '..')
const { version, license } = JSON.parse(read('package.json'))
const folder = path.join(root, 'dist', 'package')
const zipFile = path.join(folder, `easgate-relay-${version}.zip`)

/** A zip has times without a zone: local noon is the same bytes everywhere. */
const mtime = new Date(2020, 0, 1, 12)

const { program, packages } = await bundle()
const files = { ...programFiles(program), ...powershellFiles(), ...documents(packages) }
const entries = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
const zip = zipSync(Object.fromEntries(entries.map(([name, bytes]) => [name, [bytes, { level: 9, mtime }]])))
mkdirSync(folder, { recursive: true })
writeFileSync(zipFile, zip)
const sha256 = createHash('sha256').update(zip).digest('hex')
process.stdout.write(`${JSON.stringify({ file: path.relative(root, zipFile), bytes: zip.length, sha256 })}\n`)

/** The program as one file, and the packages that are in it. */
async function bundle() {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.join(root, 'relay/main.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    // A stack that a customer sends is read with these names.
    keepNames: true,
    legalComments: 'none',
    // Packages in CommonJS ask for Node's own modules by require. The names are our own: a bundled module may declare the usual ones.
    banner: {
      js: "import{createRequire as easgateRequire}from'node:module';const require=easgateRequire(import.meta.url);",
    },
    // ws works without them, and says so by a failing require.
    external: ['bufferutil', 'utf-8-validate'],
  })
  return { program: outputFiles[0].text, packages: packagesIn(metafile) }
}

/** installed.ts finds version and PowerShell module by the package.json beside the program. */
function programFiles(text) {
  const description = {
    name: 'easgate-relay',
    version,
    private: true,
    license,
    type: 'module',
    engines: { node: '>=20.19' },
  }
  return {
    'easgate-relay.mjs': strToU8(text),
    'easgate-relay.cmd': windowsText('@node "%~dp0easgate-relay.mjs" %*\n'),
    'package.json': windowsText(`${JSON.stringify(description, null, 2)}\n`),
  }
}

function powershellFiles() {
  const from = 'relay/powershell'
  const names = readdirSync(path.join(root, from), { recursive: true }).filter((name) => /\.(psm?1|cs)$/.test(name))
  return Object.fromEntries(names.map((name) => [toSlashes(path.join(from, name)), windowsText(read(from, name))]))
}

function documents(packages) {
  const own = {
    'README.md': windowsText(read('docs/relay-README.md').replaceAll('{version}', version)),
    'relay.example.json': windowsText(read('docs/relay.example.json')),
    'THIRD-PARTY-NOTICES.txt': windowsText(noticesOf(root, packages)),
  }
  return existsSync(path.join(root, 'LICENSE')) ? { ...own, LICENSE: windowsText(read('LICENSE')) } : own
}

/** Older Windows editors show a file with plain line feeds as one line. */
function windowsText(text) {
  return strToU8(text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n'))
}

function toSlashes(name) {
  return name.replaceAll('\\', '/')
}

function read(...names) {
  return readFileSync(path.join(root, ...names), 'utf8')
}
