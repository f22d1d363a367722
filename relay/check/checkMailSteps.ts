/** Steps: the notification account, if there is one: Autodiscover finds EWS, and EWS opens the mailbox. Sends nothing. */
import { pino } from 'pino'
import { checkMail } from '../mail/checkMail.ts'
import { bad, good, known, type CheckContext, type Finding } from './checkStep.ts'

const unused = good('not used: the configuration names no notification account')

/** Asks for both, since what is found first is used next. */
export async function checkAutodiscover(context: CheckContext): Promise<Finding> {
  const { env, installed } = context
  const steps = await checkMail({ config: known(context, 'config'), installed, env, log: pino({ level: 'silent' }) })
  context.known.mail = steps
  return findingOf(context, 'autodiscover')
}

export async function checkEws(context: CheckContext): Promise<Finding> {
  return findingOf(context, 'ews')
}

function findingOf(context: CheckContext, name: 'autodiscover' | 'ews'): Finding {
  if (!known(context, 'config').mail) return unused
  const found = known(context, 'mail').find(({ step }) => step === name)
  if (!found) return bad('the notification account was not looked at')
  return found.ok ? good(found.text) : bad(found.text, found.remedy)
}
