// Which packages are in an esbuild bundle, and the notices that their licences ask for. Shared by the packages of relay and Functions app.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Folders of the packages in a bundle, by esbuild's metafile. */
export function packagesIn({ inputs }) {
  const folders = Object.keys(inputs).map((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[0])
  return [...new Set(folders.filter(Boolean))].toSorted()
}

/** Name, version and licence text of each package. `root`: what the folders are relative to. */
export function noticesOf(root, folders) {
  const texts = folders.map((folder) => {
    const place = path.join(root, folder)
    const { name, version, license } = JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'))
    const file = readdirSync(place).find((one) => /^licen[cs]e/i.test(one))
    const text = file === undefined ? `Licence: ${license}` : readFileSync(path.join(place, file), 'utf8').trim()
    return `${name} ${version}\n${'-'.repeat(72)}\n${text}\n`
  })
  return texts.join(`\n${'='.repeat(72)}\n\n`)
}
