import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

/** Who may import whom, and why not more (style.md 3.2). The longest name that fits a file is its zone. */
const zones: Readonly<
  Record<
    string,
    { readonly mayImport: readonly string[]; readonly packages: readonly string[] | 'any'; readonly why: string }
  >
> = {
  protocol: { mayImport: [], packages: ['zod', 'node:crypto'], why: 'both ends read the same leaf' },
  'functions/core': {
    mayImport: [],
    packages: [],
    why: 'the rules are values in, values out: no clock, no log, no package',
  },
  'functions/ports': {
    mayImport: ['functions/core'],
    packages: [],
    why: 'ports are types',
  },
  'functions/errors.ts': { mayImport: ['functions/core'], packages: [], why: 'errors are everybody’s' },
  'functions/config': {
    mayImport: ['functions/core', 'functions/errors.ts', 'protocol'],
    packages: 'any',
    why: 'checked before anything is wired',
  },
  'functions/sync': {
    mayImport: ['functions/core', 'functions/notice', 'functions/ports', 'functions/errors.ts'],
    packages: [],
    why: 'the path knows no adapter; mails are a part of it, over the ports as everything',
  },
  'functions/graph': {
    mayImport: ['functions/core', 'functions/ports', 'functions/errors.ts'],
    packages: 'any',
    why: 'an adapter',
  },
  'functions/store': {
    mayImport: ['functions/core', 'functions/ports', 'functions/errors.ts'],
    packages: 'any',
    why: 'an adapter',
  },
  'functions/notice': {
    mayImport: ['functions/core', 'functions/ports', 'functions/errors.ts'],
    packages: ['qrcode'],
    why: 'who gets a mail, and that nobody gets it twice: over the ports alone',
  },
  'functions/rules': {
    mayImport: ['functions/core', 'functions/errors.ts'],
    packages: ['re2js'],
    why: 'the adapter of the one engine for patterns',
  },
  'functions/exchange': {
    mayImport: ['functions/core', 'functions/ports', 'functions/errors.ts', 'protocol'],
    packages: 'any',
    why: 'the adapter that speaks the wire',
  },
  'functions/wiring': {
    mayImport: [
      'functions/config',
      'functions/ports',
      'functions/errors.ts',
      'functions/exchange',
      'functions/graph',
      'functions/rules',
      'functions/store',
      'functions/core',
      'protocol',
    ],
    packages: 'any',
    why: 'the one place that knows every adapter',
  },
  'functions/api': {
    mayImport: [
      'functions/sync',
      'functions/notice',
      'functions/wiring',
      'functions/core',
      'functions/errors.ts',
      'functions/ports',
      'functions/config',
      'protocol',
    ],
    packages: 'any',
    why: 'HTTP in, the path or the store behind',
  },
  'functions/handlers': {
    mayImport: [
      'functions/sync',
      'functions/wiring',
      'functions/core',
      'functions/errors.ts',
      'functions/ports',
      'functions/config',
      'protocol',
    ],
    packages: 'any',
    why: 'thin',
  },
  'functions/app.ts': {
    mayImport: ['functions/handlers', 'functions/api'],
    packages: ['@azure/functions'],
    why: 'a table of contents',
  },
  relay: { mayImport: ['protocol'], packages: 'any', why: 'installed alone on a server' },
  sim: { mayImport: ['protocol'], packages: 'any', why: 'a wrong rule must not be wrong on both sides; never shipped' },
  bench: { mayImport: ['protocol', 'functions', 'relay', 'sim'], packages: 'any', why: 'measures everything' },
}

const root = path.resolve(import.meta.dirname, '../..')
const folders = ['protocol', 'functions', 'relay', 'sim', 'bench']
const byLength = Object.keys(zones).toSorted((a, b) => b.length - a.length)

function zoneOf(file: string): string | undefined {
  // functions/config covers configStorage.ts, functions/ports covers portsStore.ts: one subject in several files
  return byLength.find(
    (zone) =>
      file === zone || file.startsWith(`${zone}/`) || (/(config|ports|wiring)$/.test(zone) && file.startsWith(zone)),
  )
}

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8')
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
}

const files = folders.flatMap(sourceFiles)

describe('every file imports only what its zone may', () => {
  test('every zone of the table exists', () => {
    const gone = Object.keys(zones).filter((zone) => zone !== 'bench' && !files.some((file) => zoneOf(file) === zone))
    expect(gone).toEqual([])
  })
  test.each(files)('%s', (file) => {
    const zone = zoneOf(file)
    expect(zone, `${file} belongs to no zone`).toBeDefined()
    const rule = zones[zone ?? '']
    const wrong = importsOf(file).filter((target) => !isAllowed(file, zone ?? '', rule, target))
    expect(wrong, `${zone}: ${rule?.why}`).toEqual([])
  })
})

function isAllowed(file: string, zone: string, rule: (typeof zones)[string] | undefined, target: string): boolean {
  if (!rule) return false
  if (!target.startsWith('.')) return rule.packages === 'any' || rule.packages.includes(target)
  const to = path.join(path.dirname(file), target)
  const other = zoneOf(to)
  return other === zone || rule.mayImport.some((allowed) => other === allowed || other?.startsWith(`${allowed}/`))
}
