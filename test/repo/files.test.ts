import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const kinds = ['*.ts', '*.psm1', '*.ps1']
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...kinds], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('dist/'))
const product = tracked.filter((file) => !file.startsWith('test/'))
const linesOf = (file: string) => readFileSync(path.join(root, file), 'utf8').split('\n').length - 1

describe('the files stay readable', () => {
  test('no product file has more than 250 lines', () => {
    expect(product.filter((file) => linesOf(file) > 250)).toEqual([])
  })
  test('half of the product files have at most 80 lines', () => {
    const sizes = product.map(linesOf).toSorted((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(80)
  })
  test('every product file opens with a sentence that says what it does', () => {
    const silent = product.filter(
      (file) =>
        !(file.endsWith('.ts') ? /^(#!.*\n)?\/\*\*?/ : /^(<#\n|# )/).test(readFileSync(path.join(root, file), 'utf8')),
    )
    expect(silent).toEqual([])
  })
  test('there is one PowerShell module, the tests’ own aside', () => {
    expect(product.filter((file) => file.endsWith('.psm1'))).toEqual(['relay/powershell/Easgate.psm1'])
  })
  test('no file is called utils, helpers, common or manager', () => {
    expect(tracked.filter((file) => /(^|\/)(utils?|helpers?|common|manager)(\.|\/)/i.test(file))).toEqual([])
  })
})
