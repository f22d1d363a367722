/** What Autodiscover answers in its POX form (facts/exchange-and-graph.md C1). Pure. */
import type { Fault } from './faults.ts'
import { child, escape, parse } from './xml.ts'

const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook'
const request = `{${outlook}/requestschema/2006}`
const responseSchema = `${outlook}/responseschema/2006a`
const envelope = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'

/** `baseUrl`: how this server is reached. Errors come with HTTP 200. */
export function autodiscoverAnswer(text: string, address: string, baseUrl: string, fault: Fault | undefined): string {
  const root = parse(text)
  const asked = child(root, `${request}Request`, `${request}EMailAddress`)?.text
  const wants = child(root, `${request}Request`, `${request}AcceptableResponseSchema`)?.text
  if (fault?.kind === 'autodiscoverError') return error(fault.code, 'The server says no.')
  if (root?.name !== `${request}Autodiscover` || asked === undefined || wants !== responseSchema) {
    return error('600', 'Invalid Request')
  }
  if (fault?.kind === 'redirectAddr') {
    return account(`<Action>redirectAddr</Action><RedirectAddr>${escape(fault.address)}</RedirectAddr>`)
  }
  if (fault?.kind === 'redirectUrl')
    return account(`<Action>redirectUrl</Action><RedirectUrl>${escape(fault.url)}</RedirectUrl>`)
  if (asked.toLowerCase() !== address.toLowerCase()) return error('500', "The email address can't be found.")
  const url = escape(`${baseUrl}/EWS/Exchange.asmx`)
  const user = `<User><DisplayName>Notify</DisplayName><LegacyDN>/o=C/ou=X/cn=Recipients/cn=notify</LegacyDN></User>`
  const protocol = (type: string) =>
    `<Protocol><Type>${type}</Type><ASUrl>${url}</ASUrl><EwsUrl>${url}</EwsUrl></Protocol>`
  return account(
    `<AccountType>email</AccountType><Action>settings</Action>${protocol('EXCH')}${protocol('EXPR')}`,
    user,
  )
}

function account(inner: string, user = ''): string {
  return document(`<Response xmlns="${responseSchema}">${user}<Account>${inner}</Account></Response>`)
}

function error(code: string, message: string): string {
  return document(
    `<Response><Error Time="10:00:00.0000000" Id="1"><ErrorCode>${code}</ErrorCode><Message>${escape(message)}</Message><DebugData/></Error></Response>`,
  )
}

function document(inner: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${envelope}">${inner}</Autodiscover>`
}
