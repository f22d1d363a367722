/** Autodiscover's POX documents (facts/exchange-and-graph.md C1): the request, and what its answers mean. Pure. */
import { buildXml, find, parseXml, xmlText, type XmlElement } from './xml.ts'
import { isSecure } from './webRequest.ts'

// Microsoft's pages print these with https; on the wire they are http.
const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook'
const requestSchema = `${outlook}/requestschema/2006`
const responseSchema = `${outlook}/responseschema/2006a`
const envelope = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'

export type AutodiscoverAnswer =
  | { readonly kind: 'settings'; readonly ewsUrl: string }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'url'; readonly url: string }
  /** Why this answer leads nowhere. */
  | { readonly kind: 'problem'; readonly message: string }

export function autodiscoverRequest(address: string): string {
  return buildXml({
    Autodiscover: {
      '@xmlns': requestSchema,
      Request: { EMailAddress: xmlText(address), AcceptableResponseSchema: responseSchema },
    },
  })
}

/*
 * the answer                             | what it is
 * Account, Action settings               | settings, when a protocol of it names an address of EWS that is https
 * Account, Action redirectAddr           | address
 * Account, Action redirectUrl            | url, when it is https
 * Error                                  | problem; it comes with HTTP 200, too
 * anything else: HTML, another namespace | problem
 */
export function readAutodiscover(text: string): AutodiscoverAnswer {
  let root: XmlElement
  try {
    root = parseXml(text)
  } catch (error) {
    return problem(`no XML: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (root.name !== 'Autodiscover' || root.namespace !== envelope) return problem('another kind of document')
  const failure =
    find(find(root, envelope, 'Response'), envelope, 'Error') ?? find(root, responseSchema, 'Response', 'Error')
  if (failure) return problem(errorText(failure))
  const account = find(root, responseSchema, 'Response', 'Account')
  const textOf = (name: string) => find(account, responseSchema, name)?.text.trim() ?? ''
  const action = textOf('Action')
  if (action === 'redirectAddr') return addressAnswer(textOf('RedirectAddr'))
  if (action === 'redirectUrl') return urlAnswer(textOf('RedirectUrl'))
  return action === 'settings' && account ? settingsAnswer(account) : problem('an answer without settings')
}

/** EXCH is for this network, EXPR for outside; the relay stands inside. */
const preferred = ['EXCH', 'EXPR', 'EXHTTP']

function settingsAnswer(account: XmlElement): AutodiscoverAnswer {
  const found = account.children
    .filter(({ name, namespace }) => name === 'Protocol' && namespace === responseSchema)
    .flatMap((protocol) => {
      const textOf = (name: string) => find(protocol, responseSchema, name)?.text.trim() ?? ''
      const url = textOf('EwsUrl') || textOf('ASUrl')
      const place = preferred.indexOf(textOf('Type'))
      return isSecure(url) ? [{ url, place: place < 0 ? preferred.length : place }] : []
    })
  const [best] = found.toSorted((a, b) => a.place - b.place)
  return best ? { kind: 'settings', ewsUrl: best.url } : problem('settings without an https address of EWS')
}

function addressAnswer(address: string): AutodiscoverAnswer {
  return /^[^\s@]+@[^\s@]+$/.test(address) ? { kind: 'address', address } : problem('a redirection to no mail address')
}

function urlAnswer(url: string): AutodiscoverAnswer {
  return isSecure(url) ? { kind: 'url', url } : problem('a redirection to an address that is not https')
}

function errorText(failure: XmlElement): string {
  const textOf = (name: string) => failure.children.find((child) => child.name === name)?.text.trim() ?? ''
  return `error ${textOf('ErrorCode').slice(0, 20)} ${textOf('Message').slice(0, 200)}`.trim()
}

function problem(message: string): AutodiscoverAnswer {
  return { kind: 'problem', message }
}
