/** Set-ADServerSettings and Get-Command: what concerns the session and its account (facts/exchange-and-graph.md A9). */
import { errors } from '../cmdletError.ts'
import type { Call, Cmdlet, VisibleCmdlet } from '../cmdlet.ts'
import { print, type Row, type View } from '../view.ts'

/** Checked and otherwise without effect: every simulated session sees the whole forest. */
export const setAdServerSettings: Cmdlet = {
  parameters: {
    ViewEntireForest: 'flag',
    PreferredServer: 'text',
    RecipientViewRoot: 'text',
    ConfigurationDomainController: 'text',
    PreferredGlobalCatalog: 'text',
    SetPreferredDomainControllers: 'texts',
  },
  run: (call) => {
    if (call.parameters['ViewEntireForest'] === true && call.parameters['RecipientViewRoot']) {
      throw errors.badParameter(
        'Parameter set cannot be resolved using the specified named parameters.',
        'AmbiguousParameterSet',
      )
    }
    return []
  },
}

export const getCommand: Cmdlet = { parameters: { Name: 'texts' }, run: visibleCommands }

const commandView: View<VisibleCmdlet> = {
  stated: () => ({}),
  known: { Name: (command) => command.name, Parameters: (command) => command.parameters },
}

// Every command that is found is printed; a name without wildcard that is not found is an error after that.
function* visibleCommands(call: Call): Generator<Row> {
  const visible = call.visible()
  const names = call.parameters['Name']
  const wanted = Array.isArray(names) && names.length > 0 ? names.map(String) : ['*']
  const found = visible.filter((command) => wanted.some((name) => fits(name, command.name)))
  yield* print(commandView, found, call.returns)
  const missing = wanted.find((name) => !name.includes('*') && !visible.some((command) => fits(name, command.name)))
  if (missing !== undefined) throw errors.cmdletHidden(missing)
}

function fits(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')
  return new RegExp(`^${escaped}$`, 'i').test(name)
}
