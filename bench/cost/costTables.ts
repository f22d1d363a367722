/** The tables of docs/cost.md as Markdown, for as many sizes as were counted. Pure. */
import type { SizeCounts, SyncCounts } from './counts.ts'
import type { Billed, Inputs } from './inputs.ts'
import { costOf, monthOf } from './monthlyCost.ts'

export interface CostTables {
  readonly counted: string
  readonly operations: string
  readonly cost: string
  readonly lower: string
}

export function costTables(sizes: readonly SizeCounts[], inputs: Inputs): CostTables {
  return {
    counted: countedTable(sizes),
    operations: operationsTable(sizes, inputs),
    cost: costTable(sizes, inputs),
    lower: lowerTable(sizes, inputs),
  }
}

const syncs = {
  firstFull: 'first full sync',
  full: 'daily full sync',
  idle: 'quick sync, nothing changed',
  busy: 'quick sync, 10 changes',
  echo: 'the next quick sync',
  reread: 'later ones that look back',
} as const

const columns: readonly (readonly [string, (sync: SyncCounts) => number])[] = [
  ['Table requests', ({ tableRequests }) => tableRequests],
  ['with every row', ({ tableOperations }) => tableOperations],
  ['Messages', ({ queueReceived }) => queueReceived],
  ['Graph requests', ({ graphRequests }) => graphRequests],
  ['Relay conversations', ({ relayConversations }) => relayConversations],
  ['Cmdlets', ({ relayCommands }) => relayCommands],
  ['Relay kB', ({ relayBytes }) => relayBytes / 1000],
  ['Log kB', ({ logBytes }) => logBytes / 1000],
]

function countedTable(sizes: readonly SizeCounts[]): string {
  const rows = sizes.flatMap((size) =>
    (Object.keys(syncs) as (keyof typeof syncs)[]).map((name) => [
      whole(size.devices) + (size.how === 'counted' ? '' : ' (extrapolated)'),
      syncs[name],
      ...columns.map(([, of]) => whole(of(size[name]))),
    ]),
  )
  return table(['Devices', 'What', ...columns.map(([name]) => name)], rows)
}

function operationsTable(sizes: readonly SizeCounts[], { usage }: Inputs): string {
  const months = sizes.map((size) => monthOf(size, usage))
  const row = (name: string, of: (month: (typeof months)[number]) => number) => [
    name,
    ...months.map((one) => rounded(of(one))),
  ]
  return table(
    ['In a month', ...sizes.map(titleOf)],
    [
      row('quick syncs, nothing changed', ({ occasions }) => occasions.idle),
      row('quick syncs, 10 changes', ({ occasions }) => occasions.busy),
      row('the next ones', ({ occasions }) => occasions.echo),
      row('later ones that look back', ({ occasions }) => occasions.reread),
      row('full syncs', ({ occasions }) => occasions.full),
      row('table requests', ({ tableRequests }) => tableRequests),
      row('table operations as billed', ({ billed }) => billed.tableOperations),
      row('queue operations', ({ billed }) => billed.queueOperations),
      row('blob operations', ({ billed }) => billed.blobOperations),
      row('Graph requests', ({ graphRequests }) => graphRequests),
      row('relay conversations', ({ relayConversations }) => relayConversations),
      row('cmdlets', ({ relayCommands }) => relayCommands),
      row('GB over the relay', ({ billed }) => billed.relayGb),
      row('function executions', ({ billed }) => billed.functionExecutions),
      row('GB-s', ({ billed }) => billed.functionGbSeconds),
      row('GB of logs', ({ billed }) => billed.logGb),
    ],
  )
}

const names: Readonly<Record<Billed, string>> = {
  functionGbSeconds: 'Functions, GB-s',
  functionExecutions: 'Functions, executions',
  tableOperations: 'Table Storage, operations',
  queueOperations: 'Queue Storage, operations',
  blobOperations: 'Blob Storage, operations',
  relayListeners: 'Azure Relay, listener',
  relayGb: 'Azure Relay, data',
  logGb: 'Log Analytics',
  alertRulesOften: 'alert rules, every 5 minutes',
  alertRulesRare: 'alert rules, rarer',
  keyVaultOperations: 'Key Vault',
}

function costTable(sizes: readonly SizeCounts[], inputs: Inputs): string {
  const costs = sizes.map((size) => costOf(monthOf(size, inputs.usage), inputs))
  const order = costs.at(-1)?.lines.map(({ billed }) => billed) ?? []
  const of = (billed: Billed) =>
    costs.map(({ lines }) => money(lines.find((line) => line.billed === billed)?.cost ?? Number.NaN))
  return table(
    [`${inputs.currency} a month`, ...sizes.map(titleOf)],
    [
      ...order.map((billed) => [names[billed], ...of(billed)]),
      ['**all**', ...costs.map(({ total }) => `**${money(total)}**`)],
    ],
  )
}

/** The same month with one input changed. */
function lowerTable(sizes: readonly SizeCounts[], inputs: Inputs): string {
  const other = (changed: Partial<Inputs['usage']>): Inputs => ({ ...inputs, usage: { ...inputs.usage, ...changed } })
  const row = (name: string, changed: Inputs) => [
    name,
    ...sizes.map((size) => money(costOf(monthOf(size, changed.usage), changed).total)),
  ]
  return table(
    [`${inputs.currency} a month`, ...sizes.map(titleOf)],
    [
      row('as above', inputs),
      row('`quickMinutes` 5', other({ quickMinutes: 5 })),
      row('`quickMinutes` 15', other({ quickMinutes: 15 })),
      row(
        '`quickMinutes` 5, and both timers every 5 minutes',
        other({ quickMinutes: 5, quickTimerMinutes: 5, presenceMinutes: 5 }),
      ),
      row('instances of 0.5 GB', other({ instanceGb: 0.5 })),
      row('a second relay', other({ relays: inputs.usage.relays + 1 })),
    ],
  )
}

function titleOf({ devices, how }: SizeCounts): string {
  return `${whole(devices)} devices${how === 'counted' ? '' : ' (extrapolated)'}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

function whole(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}

/** Three digits that count: more would claim more than is known. */
function rounded(number: number): string {
  return Number(number.toPrecision(3)).toLocaleString('en-US')
}

function money(number: number): string {
  return number.toFixed(2)
}
