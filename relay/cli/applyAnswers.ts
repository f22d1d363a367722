/** From the configuration as it was and what was said to the configuration as it shall be. Pure. */
import type { ConfigDraft } from '../config.ts'
import { accounts, optionAt, type Answers } from './configureSettings.ts'

type Tree = { [name: string]: unknown }

/**
 * Passwords that were said are left out: whoever calls puts the references to them in. One that was there stays only as long as its user
 * does. What is for the other kind of Exchange goes when the kind changes.
 */
export function applyAnswers(draft: ConfigDraft, answers: Answers): ConfigDraft {
  const result: Tree & ConfigDraft = structuredClone(draft)
  if (answers.has('connection.kind') && answers.get('connection.kind') !== valueAt(draft, 'connection.kind')) {
    for (const name of ofOneKind) removeAt(result, `connection.${name}`)
  }
  for (const [at, value] of answers) if (value === null) removeAt(result, at)
  for (const at of accounts) {
    const user = answers.get(`${at}.user`)
    if (user !== undefined && user !== valueAt(draft, `${at}.user`)) removeAt(result, `${at}.password`)
  }
  for (const [at, value] of answers) if (value !== null && !at.endsWith('.password')) setAt(result, at, value)
  return result
}

const ofOneKind = ['scheme', 'port', 'path', 'authentication', 'proxyAccess', 'proxyAuthentication', 'proxyAccount']

/** Places that must have a value and have none, neither in the draft nor in the answers. */
export function missingPlaces(draft: ConfigDraft, answers: Answers): string[] {
  const has = (at: string) => valueAt(draft, at) !== undefined || (answers.get(at) ?? undefined) !== undefined
  const isIn = (section: string) =>
    valueAt(draft, section) !== undefined ||
    [...answers].some(([at, value]) => value !== null && at.startsWith(`${section}.`))
  const kind = valueAt(draft, 'connection.kind') ?? 'onPremises'
  const authentication = valueAt(draft, 'connection.authentication') ?? (kind === 'hosted' ? 'Basic' : 'Kerberos')
  const needed = [
    'connection.server',
    ...(isIn('mail') ? ['mail.from'] : []),
    ...(isIn('proxy') ? ['proxy.address'] : []),
    ...accounts.flatMap((at) =>
      isIn(at) || (at === 'connection.account' && authentication === 'Basic') ? [`${at}.user`, `${at}.password`] : [],
    ),
  ]
  return needed.filter((at) => !has(at))
}

/** A problem of the configuration (`mail.ewsUrl: must …`) with the option that sets it in front. */
export function withOption(problem: string): string {
  const at = /^[\w.]+(?=: )/.exec(problem)?.[0] ?? ''
  const option = optionAt(at.replace(/\.\d+$/, ''))
  return option === undefined ? problem : `${option}: ${problem.slice(at.length + 2)}`
}

export function valueAt(value: unknown, at: string): unknown {
  return at.split('.').reduce<unknown>((inner, name) => (isTree(inner) ? inner[name] : undefined), value)
}

export function setAt(tree: object, at: string, value: unknown): void {
  const [name = '', ...rest] = at.split('.')
  const own = tree as Tree
  if (rest.length === 0) own[name] = value
  else setAt((own[name] ??= {}), rest.join('.'), value)
}

function removeAt(tree: Tree, at: string): void {
  const parts = at.split('.')
  const parent = parts.length === 1 ? tree : valueAt(tree, parts.slice(0, -1).join('.'))
  if (isTree(parent)) delete parent[parts.at(-1) ?? '']
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
