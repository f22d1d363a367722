/** HTML of a mail as an administrator gave it: refused where it is dangerous or could not work in a mail, else cleaned. Pure. */
import sanitizeHtml from 'sanitize-html'
import { placeholderProblem } from '../core/noticeTemplate.ts'

const maxHtmlChars = 32_000

/** What runs, loads, asks or redirects; each would be a surprise in a mail, and most readers take it out. */
const refusedTags = new Set(
  (
    'script style link base iframe frame frameset object embed applet form input button select option textarea ' +
    'svg math video audio source track canvas template noscript dialog portal'
  ).split(' '),
)
/** Attributes that lead somewhere. */
const addressAttributes = new Set(['href', 'src', 'srcset', 'action', 'formaction', 'background', 'xlink:href', 'data'])
const schemes: Readonly<Record<string, readonly string[]>> = {
  href: ['https', 'http', 'mailto', 'tel'],
  src: ['https', 'cid'],
}
const riskyStyle = /url\s*\(|expression|@import|behavior|binding|javascript|\\|\{\{/i

const allowed: sanitizeHtml.IOptions = {
  allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'font', 'center'],
  allowedAttributes: {
    '*': ['style', 'class', 'align', 'valign', 'width', 'height', 'bgcolor', 'color', 'title', 'lang', 'dir'],
    a: ['href', 'target'],
    img: ['src', 'alt', 'width', 'height', 'border'],
    font: ['face', 'size', 'color'],
    table: ['border', 'cellpadding', 'cellspacing'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan'],
  },
  allowedSchemes: ['https', 'http', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['https', 'cid'] },
  nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title'],
}

/** `problem` ends a sentence that begins with the property's name. What is harmless and unknown is left out, its text stays. */
export function cleanHtml(html: string): { readonly html: string } | { readonly problem: string } {
  if (html.length > maxHtmlChars) {
    return { problem: `has ${html.length} characters of HTML, at most ${maxHtmlChars} fit in a mail` }
  }
  const named = placeholderProblem(html)
  if (named !== null) return { problem: named }
  const found: string[] = []
  const clean = sanitizeHtml(html, {
    ...allowed,
    onOpenTag: (tag, attributes) => {
      found.push(...problemsOf(tag.toLowerCase(), attributes))
    },
  })
  // A comment that was left out may have stood between two halves
  const problem = found.length > 0 ? [...new Set(found)].slice(0, 5).join('; ') : placeholderProblem(clean)
  return problem === null ? { html: clean } : { problem }
}

function problemsOf(tag: string, attributes: Readonly<Record<string, string>>): string[] {
  if (refusedTags.has(tag)) return [`must not have <${tag}>; take it out`]
  return Object.entries(attributes).flatMap(([name, value]) => attributeProblem(tag, name.toLowerCase(), value) ?? [])
}

/*
 * attribute                | refused when
 * on…, srcdoc, http-equiv  | always (http-equiv: refresh)
 * style                    | it loads, runs, or has a placeholder
 * any                      | it has {{activationQr}}, which becomes a picture
 * href, src …              | it is neither {{activationLink}} alone nor an address that begins with a scheme that may stand there
 */
function attributeProblem(tag: string, name: string, value: string): string | null {
  const where = `<${tag} ${name}="${value.slice(0, 60)}">`
  if (name.startsWith('on') || name === 'srcdoc') return `must not have the attribute ${name} of <${tag}>; take it out`
  if (name === 'http-equiv' && /refresh/i.test(value)) return 'must not send its reader elsewhere; take <meta> out'
  if (name === 'style' && riskyStyle.test(value))
    return `has a style that loads or hides something (${where}); take it out`
  if (value.includes('{{activationQr}}'))
    return `has {{activationQr}} in an attribute (${where}); it becomes a picture, so put it between elements`
  if (!addressAttributes.has(name)) return null
  if (tag === 'a' && name === 'href' && value === '{{activationLink}}') return null
  if (value.includes('{{'))
    return `has a placeholder in an address (${where}); there only {{activationLink}} may stand, alone, in <a href>`
  const known = schemes[name] ?? []
  // Readers ignore white space and control characters in a scheme
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(value.replaceAll(/[\s\p{Cc}]/gu, '').toLowerCase())?.[1]
  if (scheme !== undefined && known.includes(scheme)) return null
  const remedy = known.length === 0 ? 'take it out' : `begin it with ${known.map((one) => `${one}:`).join(', ')}`
  return `has an address that must not stand in a mail (${where}); ${remedy}`
}
