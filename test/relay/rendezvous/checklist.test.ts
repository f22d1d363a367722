import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const rows = readFileSync(here('checklist.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map((line) => line.split('|').map((cell) => cell.trim()))

/** The titles that a row quotes, each with the file that it stands in; `…` in a title stands for anything. */
function quoted(cell: string): { file: string; title: string }[] {
  let file = 'listen.test.ts'
  return [...cell.matchAll(/`([^`]+\.ts)`|"([^"]+)"/g)].flatMap(([, path, title]) => {
    if (path !== undefined) file = path
    return title === undefined ? [] : [{ file, title }]
  })
}

it('has a row for each of the nine lines and for the sender', () => {
  const lines = new Set(rows.map(([, line = '']) => /^(\d|Sender)/.exec(line)?.[1]))
  expect('1 2 3 4 5 6 7 8 9 Sender'.split(' ').filter((line) => !lines.has(line))).toEqual([])
})

it.each(rows.map(([, line = '', cell = '']) => [line, cell] as const))('"%s" names tests that exist', (_line, cell) => {
  const named = [...cell.matchAll(/`([^`]+\.ts)`/g)].map((match) => match[1] ?? '')
  for (const file of named) expect(readFileSync(here(file), 'utf8')).not.toBe('')
  const titles = quoted(cell)
  expect(named.length + titles.length).toBeGreaterThan(0)
  for (const { file, title } of titles) {
    const text = readFileSync(here(file), 'utf8')
    const parts = title.split('…').map((part) => part.trim())
    expect([title, parts.filter((part) => !text.includes(part))]).toEqual([title, []])
  }
})
