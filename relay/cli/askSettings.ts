/** The questions of `configure`, in order. What an option said already is not asked; what is in the configuration is the answer offered. */
import { checkDraft, ConfigError, type ConfigDraft } from '../config.ts'
import { setAt, valueAt } from './applyAnswers.ts'
import type { Answers } from './configureSettings.ts'
import type { Asker, Check } from './prompt.ts'
import { askSecret } from './storeSecret.ts'
import type { Surroundings } from './surroundings.ts'

interface Asking {
  readonly here: Surroundings
  readonly asker: Asker
  readonly draft: ConfigDraft
  readonly answers: Answers
}

/** Adds to the answers. Throws a CommandFailure when the person stops. */
export async function askSettings(draft: ConfigDraft, answers: Answers, here: Surroundings): Promise<void> {
  const { asker } = here
  if (!asker) return
  const asking = { here, asker, draft, answers }
  await askKind(asking)
  const isHosted = current(asking, 'connection.kind') === 'hosted'
  const server = isHosted
    ? 'Address of the hosted Exchange'
    : 'Full name of one Exchange server (not of a load balancer)'
  await askText(asking, 'connection.server', server)
  await askAccount(asking, 'connection.account', 'Connect to Exchange as', isHosted)
  await askMail(asking)
  await askProxy(asking)
  await askParallel(asking)
  await askYesNo(asking, 'connection.casFailover', 'Move to another Exchange server when this one fails?', true)
  await askYesNo(asking, 'allow.wipe', 'Let easgate wipe phones through this relay?', false)
  await askYesNo(asking, 'allow.removePartnership', 'Let easgate remove partnerships of phones?', false)
}

async function askKind(asking: Asking): Promise<void> {
  const choices = [
    { value: 'onPremises', label: 'on this network' },
    { value: 'hosted', label: 'hosted elsewhere (legacy Exchange Online Dedicated)' },
  ] as const
  const initial = current(asking, 'connection.kind') === 'hosted' ? 'hosted' : 'onPremises'
  if (asking.answers.has('connection.kind')) return
  asking.answers.set('connection.kind', await asking.asker.choose('Exchange is', choices, initial))
}

async function askMail(asking: Asking): Promise<void> {
  if (!(await askSection(asking, 'mail', 'Send notification mails to people whose phone is kept out?'))) return
  await askText(asking, 'mail.from', 'Mailbox of the notification account')
  await askAccount(asking, 'mail.account', 'Send them as', false)
  const message = 'Address of Exchange Web Services (empty: found by Autodiscover)'
  await askText(asking, 'mail.ewsUrl', message, { mayBeEmpty: true })
}

async function askProxy(asking: Asking): Promise<void> {
  if (!(await askSection(asking, 'proxy', 'Does this server need an HTTP proxy to reach the internet?'))) return
  await askText(asking, 'proxy.address', 'Address of the proxy, for example http://proxy.contoso.com:8080')
  if (asking.answers.get('proxy.account') === null) return
  if (await askSection(asking, 'proxy.account', 'Does the proxy ask for an account?'))
    await askUser(asking, 'proxy.account')
}

async function askParallel(asking: Asking): Promise<void> {
  const check: Check = (answer) => (/^([1-9]|1[0-5])$/.test(answer) ? undefined : 'a whole number from 1 to 15')
  if (asking.answers.has('powershell.parallel')) return
  const initial = offered(asking, 'powershell.parallel') || '1'
  const message = 'Commands at the same time (1 is enough below 5,000 phones, then 4)'
  asking.answers.set('powershell.parallel', Number(await asking.asker.text(message, initial, check)))
}

/** True when the section is wanted; it may be taken away by the answer. */
async function askSection({ asker, answers, draft }: Asking, at: string, message: string): Promise<boolean> {
  if (answers.get(at) === null) return false
  if ([...answers.keys()].some((key) => key.startsWith(`${at}.`) && answers.get(key) !== null)) return true
  const isWanted = await asker.confirm(message, valueAt(draft, at) !== undefined)
  if (!isWanted) answers.set(at, null)
  return isWanted
}

async function askAccount(asking: Asking, at: string, message: string, offersAccount: boolean): Promise<void> {
  const { asker, answers } = asking
  if (answers.get(at) === null) return
  const choices = [
    { value: 'service', label: 'the identity of the service itself, for example a gMSA' },
    { value: 'account', label: 'an account with a password' },
  ] as const
  const isSaid = answers.has(`${at}.user`) || answers.has(`${at}.password`)
  const initial = offersAccount || current(asking, at) !== undefined ? 'account' : 'service'
  const chosen = isSaid ? 'account' : await asker.choose(message, choices, initial)
  if (chosen === 'account') await askUser(asking, at)
  else answers.set(at, null)
}

async function askUser(asking: Asking, at: string): Promise<void> {
  const { asker, answers, draft, here } = asking
  await askText(asking, `${at}.user`, 'User (DOMAIN\\user)')
  if (answers.has(`${at}.password`)) return
  const isKnown =
    valueAt(draft, `${at}.password`) !== undefined && valueAt(draft, `${at}.user`) === answers.get(`${at}.user`)
  if (isKnown && (await asker.confirm('Keep the password that is stored?', true))) return
  const defaultEnv = `EASGATE_${at.replaceAll('.', '_').toUpperCase()}_PASSWORD`
  answers.set(
    `${at}.password`,
    await askSecret({ what: `the password of ${String(answers.get(`${at}.user`))}`, defaultEnv }, here),
  )
}

async function askYesNo(
  { asker, answers, draft }: Asking,
  at: string,
  message: string,
  initial: boolean,
): Promise<void> {
  if (!answers.has(at)) answers.set(at, await asker.confirm(message, Boolean(valueAt(draft, at) ?? initial)))
}

async function askText(asking: Asking, at: string, message: string, { mayBeEmpty = false } = {}): Promise<void> {
  const { asker, answers } = asking
  if (answers.has(at)) return
  const check: Check = (answer) => (answer === '' && mayBeEmpty ? undefined : problemOf(at, answer))
  const answer = await asker.text(message, offered(asking, at), check)
  answers.set(at, answer === '' ? null : answer)
}

/** By the schema that the whole file is checked with. */
function problemOf(at: string, answer: string): string | undefined {
  if (answer === '') return 'it cannot be empty'
  const draft = {}
  setAt(draft, at, answer)
  try {
    checkDraft(draft, '')
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : []
    return problems.find((problem) => problem.startsWith(`${at}: `))?.slice(at.length + 2)
  }
  return undefined
}

function current({ answers, draft }: Asking, at: string): unknown {
  return answers.get(at) ?? valueAt(draft, at)
}

/** As the answer to edit. */
function offered(asking: Asking, at: string): string {
  const value = current(asking, at)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
