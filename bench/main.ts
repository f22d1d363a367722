/** `npm run bench -- NAME [--json]`: speed as a ratio against a floor that is measured in the same run. */
import { Command } from 'commander'
import type { Bench } from './bench.ts'
import { tableOf } from './tableOf.ts'

/** Loaded when asked for: each brings only what it measures. */
const benches: Readonly<Record<string, { readonly what: string; readonly load: () => Promise<Bench> }>> = {
  core: {
    what: 'match, decide and plan, beside JSON.parse of the same records',
    load: async () => (await import('./core.ts')).core,
  },
  store: {
    what: 'gather and decide on Azurite, beside the same rows by a bare client loop',
    load: async () => (await import('./store.ts')).store,
  },
  apply: {
    what: 'commands per second through rendezvous, relay and shell, beside the ideal and the same by hand',
    load: async () => (await import('./apply.ts')).apply,
  },
  relay: {
    what: 'what relay, node-powershell and module add to a cmdlet on a real PowerShell, beside the bare cmdlet',
    load: async () => (await import('./relay.ts')).relay,
  },
  quick: {
    what: 'a quick sync with ten changes at 1,000 and at 100,000 records; what one costs in which nothing changed',
    load: async () => (await import('./quick.ts')).quick,
  },
  memory: {
    what: 'heap of the Functions process and the relay at 5,000 and 20,000 records, under their limits',
    load: async () => (await import('./memory.ts')).memory,
  },
  functions: {
    what: 'cold start of the packaged Functions app: importing it, beside the import of the unbundled build',
    load: async () => (await import('./functionsPackage.ts')).functionsPackage,
  },
  cost: {
    what: 'operations at 1,000 and 10,000 devices; what a month costs (docs/cost.md)',
    load: async () => (await import('./cost/cost.ts')).cost,
  },
  package: {
    what: "the packaged relay: start beside Node's own, and what it holds while idle",
    load: async () => (await import('./relayPackage.ts')).relayPackage,
  },
}

interface Options {
  readonly json: boolean
  readonly records?: number
  readonly counts?: string
  readonly save?: string
  readonly inputs?: string
}

const list = Object.entries(benches).map(([name, { what }]) => `  ${name.padEnd(9)} ${what}`)
const program = new Command('npm run bench --')
  .description('Measures easgate. Figures are ratios within one run: the machine and what else it does hardly matter.')
  .argument('<name>', `one of ${Object.keys(benches).join(', ')}, or all`)
  .option('--json', 'print the result as JSON', false)
  .option('--records <number>', 'how many EAS records, where the bench can be made larger or smaller', Number)
  .option('--counts <file>', 'cost: calculate from these counts, without counting anything')
  .option('--save <file>', 'cost: write what was counted to this file')
  .option('--inputs <file>', 'cost: usage and prices, instead of docs/cost.inputs.json')
  .addHelpText('after', `\n${list.join('\n')}`)
  .action(async (name: string, { json, ...options }: Options) => {
    // Counting is no measurement of speed
    const names = name === 'all' ? Object.keys(benches).filter((one) => one !== 'cost') : [name]
    for (const one of names) {
      const bench = benches[one]
      if (!bench) return program.error(`there is no bench "${one}"; there are:\n${list.join('\n')}`)
      const result = await (await bench.load())(options)
      process.stdout.write(
        json ? `${JSON.stringify({ bench: one, ...result })}\n` : `${one}: ${bench.what}\n${tableOf(result)}\n`,
      )
      if (result.figures.some(({ isReached }) => !isReached)) process.exitCode = 1
    }
    process.exit()
  })

await program.parseAsync()
