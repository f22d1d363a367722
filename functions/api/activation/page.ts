/** The frame of the activation pages: HTML that works without scripts, on a phone first, and loads nothing. Pure. */
import { createHash } from 'node:crypto'
import type { HttpResponseInit } from '@azure/functions'
import { escapeHtml } from '../../core/noticeTemplate.ts'

export interface Page {
  readonly status: number
  /** Of its text: `en`, `de`. */
  readonly language: string
  readonly title: string
  /** HTML; whatever comes from elsewhere is escaped in it. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const style = `
:root{color-scheme:light dark}
*{box-sizing:border-box}
body{margin:0;font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:#1b1b1f;background:#f4f5f7}
main{max-width:34rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem}
dl{background:#fff;border:1px solid #c9ccd3;border-radius:.5rem;padding:.75rem 1rem;margin:1rem 0}
dt{font-size:.875rem;color:#4a4d55}dd{margin:0 0 .5rem;overflow-wrap:anywhere}
label{display:block;font-weight:600;margin:1rem 0 .25rem}
select,input{width:100%;font:inherit;padding:.65rem;border:1px solid #6b6f78;border-radius:.4rem;background:#fff;color:#1b1b1f}
button{font:inherit;font-weight:600;width:100%;min-height:3rem;margin:1rem 0 0;padding:.7rem 1rem;border:0;border-radius:.5rem;color:#fff;background:#0b57a4;cursor:pointer}
button.second{color:#0b57a4;background:#fff;border:1px solid #0b57a4}
:focus-visible{outline:3px solid #b35c00;outline-offset:2px}
a{color:#0b57a4}
.note{border-left:.3rem solid #b35c00;padding:.25rem .9rem;background:#fff3e3}
@media (prefers-color-scheme:dark){body{color:#ececf0;background:#17181b}dl,select,input{background:#232529;color:#ececf0;border-color:#5b5f68}
dt{color:#b9bcc4}a{color:#8cc1ff}button{background:#8cc1ff;color:#0c1a2a}button.second{background:#232529;color:#8cc1ff;border-color:#8cc1ff}.note{background:#3a2c18}}
`
const styleHash = createHash('sha256').update(style).digest('base64')

/** Same-origin, not no-referrer: with that, browsers would hide the origin of the form, too. */
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
  vary: 'Accept-Language, Cookie',
  'x-robots-tag': 'noindex',
}

export function pageAnswer(page: Page): HttpResponseInit {
  const { status, language, title, body } = page
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
  return { status, headers: { ...headers, 'content-language': language, ...page.headers }, body: html }
}

export function redirectAnswer(location: string, more: Readonly<Record<string, string>> = {}): HttpResponseInit {
  const { 'content-type': _type, ...rest } = headers
  return { status: 303, headers: { ...rest, location, ...more } }
}

export function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')
}

/** Hidden fields of a form. */
export function hidden(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('')
}
