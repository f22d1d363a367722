import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { routes } from '../../functions/api/routes.ts'
import { defaultSettings } from '../../functions/core/settings.ts'
import { newKeyPair } from '../../protocol/signing.ts'
import { parseConfig } from '../../relay/config.ts'

const root = path.resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const filesIn = (folder: string, ...endings: readonly string[]) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => path.join(folder, file))

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'infra/api-versions.md',
  ...filesIn('docs', '.md'),
]
const code = ['protocol', 'functions', 'relay', 'sim']
  .flatMap((folder) => filesIn(folder, '.ts', '.psm1', '.ps1'))
  .map(read)
  .join('\n')

describe('every relative link leads somewhere', () => {
  test.each(pages)('%s', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([])
  })
  test('links are found at all', () => {
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(100)
  })
})

describe('one idea has one word', () => {
  const words = rowsOf(read('docs/words.md'), 'Word').map(([word = '']) => word)
  test('docs/words.md has words, and none of them twice', () => {
    expect(words.length).toBeGreaterThan(40)
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([])
  })
  test.each(words)('the code uses the word "%s"', (word) => {
    expect(isUsed(word)).toBe(true)
  })
})

describe('the README says what the code does', () => {
  const readme = read('README.md')
  test('its flags of npm start are those that --help prints', () => {
    const help = execFileSync(process.execPath, ['dist/sim/local/start.js', '--help'], { cwd: root, encoding: 'utf8' })
    const printed = [...help.matchAll(/^ {2}(-\S.*?)(?: {2}.*)?$/gm)].map(([, flag = '']) => flag)
    const written = rowsOf(readme, 'Flag').map(([flag = '']) => plain(flag))
    expect(written.toSorted()).toEqual(printed.toSorted())
  })
  test('its routes are those that the app registers, each with its role', () => {
    const written = rowsOf(readme, 'Method').map(([method, route = '', role]) => `${method} ${plain(route)} ${role}`)
    expect(written.toSorted()).toEqual(
      routes.map(({ method, path: route, role }) => `${method} ${route} ${role}`).toSorted(),
    )
  })
  test('its app settings are those that the app reads', () => {
    const files = [...filesIn('functions', '.ts')].filter((file) =>
      /^functions\/(config|handlers\/schedules)/.test(file),
    )
    const config = files.map(read).join('\n').replaceAll('${name}__', 'AzureWebJobsStorage__')
    const names = [
      ...config.matchAll(
        /['`](EASGATE_[A-Z_]+|[A-Z]+(?:_SYNC)?_SCHEDULE|GRAPH_ENDPOINT|RELAY_TOKEN_SCOPE|AZURE_CLIENT_ID|AzureWebJobsStorage(?:__\w+)?)['`]/g,
      ),
    ]
    const namesRead = new Set(names.map(([, name = '']) => name))
    expect(
      rowsOf(readme, 'Setting')
        .map(([name = '']) => plain(name))
        .toSorted(),
    ).toEqual([...namesRead].toSorted())
  })
  test('its example of a relay configuration is accepted, and its table names every property of it', () => {
    const example = /```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    const { publicKey } = newKeyPair()
    const config = parseConfig(example.replace('PUBLIC-KEY', publicKey), '/etc/easgate/relay.config.json')
    const named = rowsOf(readme, 'Property').flatMap(([names = '']) => names.split(',').map(plain))
    expect(leavesOf(config).filter((name) => !named.includes(name))).toEqual([])
  })
})

test('docs/settings.md names every setting, and its defaults of the limits are the real ones', () => {
  const { limits, ...settings } = defaultSettings
  const rows = rowsOf(read('docs/settings.md'), 'Setting')
  expect(rows.map(([name = '']) => plain(name)).toSorted()).toEqual(
    [...Object.keys(settings), 'limits', ...Object.keys(limits)].toSorted(),
  )
  const written = rows.filter(([name = '']) => plain(name) in limits)
  expect(Object.fromEntries(written.map(([name = '', , value]) => [plain(name), Number(value)]))).toEqual(limits)
})

test('docs/reasons.md has a line for every reason of a decision, and no other', () => {
  const union = /export type Reason =([\s\S]*?)\n\n/.exec(read('functions/core/types.ts'))?.[1] ?? ''
  const reasons = [...union.matchAll(/'(\w+)'/g)].map(([, reason = '']) => reason)
  const written = rowsOf(read('docs/reasons.md'), 'Reason').map(([reason = '']) => plain(reason))
  expect(written.toSorted()).toEqual(reasons.toSorted())
})

function linksOf(page: string): string[] {
  const text = read(page).replace(/```[\s\S]*?```/g, '')
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^https?:/.test(link))
}

/** The file is there, and where a heading is named, it has that heading. */
function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#')
  const target = file === '' ? page : path.join(path.dirname(page), file)
  if (!existsSync(path.join(root, target))) return false
  return heading === undefined || headingsOf(target).includes(heading)
}

function headingsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** The cells of every table of the page whose first heading is `first`. */
function rowsOf(text: string, first: string): string[][] {
  const rows: string[][] = []
  let isWanted = false
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) isWanted = false
    const cells = line.split('|').slice(1, -1)
    const [head = ''] = cells.map((cell) => cell.trim())
    if (head === first) isWanted = true
    else if (isWanted && !/^:?-+:?$/.test(head)) rows.push(cells.map((cell) => cell.trim()))
  }
  return rows
}

function plain(cell: string): string {
  return cell.trim().replaceAll('`', '')
}

/** As words (`EAS record`, with a plural) or as a part of a name (`EasRecord`, `isEasRecord`). */
function isUsed(word: string): boolean {
  const parts = word.split(' ')
  const spoken = new RegExp(`(?<![A-Za-z])${parts.join('[ -]')}(e?s|ies)?(?![A-Za-z])`, 'i')
  const camel = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase()).join('')
  return spoken.test(code) || new RegExp(`${camel}(?![a-z])`).test(code)
}

/** Names of all values of an object, `a.b` for what is inside. */
function leavesOf(value: object): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leavesOf(inner).map((leaf) => `${name}.${leaf}`)
      : [name],
  )
}
