/** Runs one cmdlet and gives the lines of its answer: rows and warnings as they come, an error, the end. */
import { bindParameters } from './bindParameters.ts'
import type { Call } from './cmdlet.ts'
import { CmdletError, errors } from './cmdletError.ts'
import { findCmdlet, visibleCmdlets } from './cmdletTable.ts'
import type { Exchange } from './exchange.ts'
import { isChange, type Journal } from './journal.ts'

export interface Invocation {
  readonly cmdlet: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly returns?: readonly string[] | undefined
}

export const endLine = '{"end":true}\n'

/** Lines of NDJSON, asked for one by one; a changing cmdlet has run when the first line is there. */
export function* invoke(exchange: Exchange, journal: Journal, invocation: Invocation): Generator<string> {
  const warnings: string[] = []
  let told = 0
  let error: CmdletError | undefined
  const freshWarnings = () =>
    warnings.slice(told, (told = warnings.length)).map((warning) => `${JSON.stringify({ warning })}\n`)
  try {
    for (const row of start(exchange, invocation, warnings)) {
      if (told < warnings.length) yield* freshWarnings()
      yield `{"row":${JSON.stringify(row)}}\n`
    }
  } catch (thrown) {
    if (!(thrown instanceof CmdletError)) throw thrown
    error = thrown
  }
  if (isChange(invocation.cmdlet)) {
    const { cmdlet, parameters } = invocation
    journal.add({ at: exchange.time(), cmdlet, parameters, warnings, error: error?.reason ?? null })
  }
  yield* freshWarnings()
  if (error) yield `${JSON.stringify({ error: error.toWire() })}\n`
  yield endLine
}

function start(exchange: Exchange, { cmdlet: name, parameters, returns }: Invocation, warnings: string[]) {
  const found = findCmdlet(name, exchange)
  if (!found) throw errors.cmdletHidden(name)
  const { cmdlet } = found
  const call: Call = {
    exchange,
    cmdlet: found.name,
    parameters: bindParameters(parameters, cmdlet, found.parameters),
    returns,
    warn: (text) => warnings.push(text),
    visible: () => visibleCmdlets(exchange),
  }
  if (cmdlet.age === 'deprecated' && exchange.dialect === 'MobileDevice') {
    const successor = found.name.replace('ActiveSync', 'Mobile')
    call.warn(
      `The ${found.name} cmdlet will be removed in a future version of Exchange. Use the ${successor} cmdlet instead.`,
    )
  }
  return cmdlet.run(call)
}
