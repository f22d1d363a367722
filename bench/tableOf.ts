/** A bench's result as a table for people. */
import type { BenchResult } from './bench.ts'

export function tableOf({ rows, figures, text }: BenchResult): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = [names, ...rows.map((row) => names.map((name) => textOf(row[name])))]
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const table = cells.map((line) =>
    `  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
  const goals = figures.map(
    ({ name, value, unit, goal, isReached }) =>
      `  ${isReached ? 'reached' : 'MISSED '}  ${name}: ${textOf(value)} ${unit} (goal: ${goal})`,
  )
  return [...table, ...goals, '', ...(text === undefined ? [] : [text, ''])].join('\n')
}

function textOf(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : (value ?? '')
}
