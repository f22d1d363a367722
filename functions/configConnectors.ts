/** EASGATE_CONNECTORS: the Exchange organizations this app serves, each with the rendezvous where its relays wait. */
import * as z from 'zod'
import { readSecret, type Complain, type Environment } from './configSetting.ts'
import { endpointProblem } from './configEndpoint.ts'

export interface ConnectorConfig {
  readonly id: string
  /** For people; the id where none is given. */
  readonly name: string
  readonly rendezvous: {
    /** `wss://NAMESPACE.servicebus.windows.net/$hc/NAME`. */
    readonly address: string
    /** A shared access rule with the right Send; null: the app signs in with its managed identity. */
    readonly rule: { readonly keyName: string; readonly key: string } | null
    /** The shared access rule with the right Listen, for join files; without its key an administrator gives that to each relay. */
    readonly listen?: { readonly keyName: string; readonly key?: string }
  }
}

const settingName = 'EASGATE_CONNECTORS'
const example = '[{"id":"contoso","rendezvous":{"address":"wss://NAMESPACE.servicebus.windows.net/$hc/NAME"}}]'
const remedy = `set it to a JSON list such as ${example}`

const text = z.string().trim().min(1).max(256)
const schema = z
  .array(
    z.strictObject({
      // Part of table keys, of routes and of signed messages.
      id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not 1 to 64 letters, digits, ".", "_" or "-"'),
      name: text.optional(),
      rendezvous: z.strictObject({
        address: z.string(),
        keyName: text.optional(),
        key: text.optional(),
        listen: z.strictObject({ keyName: text, key: text.exactOptional() }).exactOptional(),
      }),
    }),
  )
  .min(1)
type Given = z.infer<typeof schema>[number]

/** The connectors that could be read; complains about each thing wrong. Keys stand in this setting, so no value is repeated. */
export function readConnectors(env: Environment, complain: Complain): readonly ConnectorConfig[] {
  const json = readSecret(env, settingName, remedy, complain)
  if (json === null) return []
  const list = parseJson(json)
  if (list === undefined) {
    complain(settingName, 'is not JSON', remedy)
    return []
  }
  const given = schema.safeParse(list)
  if (!given.success) {
    for (const { path, message } of given.error.issues)
      complain([settingName, ...path].join('.'), `is wrong (${message})`, remedy)
    return []
  }
  given.data.forEach((one, index) => checkConnector(one, `${settingName}.${index}`, complain))
  checkUnique(given.data, complain)
  return given.data.map(toConnector)
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // Its message is lost on purpose: JSON.parse repeats the text in it, and keys stand in the text.
    return undefined
  }
}

function checkConnector({ rendezvous }: Given, where: string, complain: Complain): void {
  const { address, keyName, key, listen } = rendezvous
  const problem = endpointProblem(address, 'wss:', 'ws:')
  if (problem !== null) complain(`${where}.rendezvous.address`, problem, remedy)
  else if (!/^\/\$hc\/[^/]/.test(new URL(address).pathname))
    complain(`${where}.rendezvous.address`, 'has no path /$hc/NAME', 'add the name of the hybrid connection')
  if ((keyName === undefined) !== (key === undefined))
    complain(
      `${where}.rendezvous`,
      'has only one of keyName and key',
      'give both, or neither to sign in with the managed identity',
    )
  // Whoever has a join file must not be able to send, too
  if (listen && (listen.keyName === keyName || (listen.key !== undefined && listen.key === key)))
    complain(
      `${where}.rendezvous.listen`,
      'is the rule that this app sends with',
      'make a second rule with the right Listen only, and name that',
    )
}

function checkUnique(connectors: readonly Given[], complain: Complain): void {
  const seen = new Set<string>()
  connectors.forEach(({ id }, index) => {
    if (seen.has(id.toLowerCase()))
      complain(`${settingName}.${index}.id`, 'is used twice (case ignored)', 'give each connector its own id')
    seen.add(id.toLowerCase())
  })
}

function toConnector({ id, name, rendezvous: { address, keyName, key, listen } }: Given): ConnectorConfig {
  const rule = keyName !== undefined && key !== undefined ? { keyName, key } : null
  return { id, name: name ?? id, rendezvous: { address, rule, ...(listen && { listen }) } }
}
