/** Wildcards and regular expressions of the extra rules as questions: the adapter of a linear-time engine, so that no pattern can hang a sync. */
import { RE2JS } from 're2js'
import type { CompilePattern, TextPattern } from '../core/extraRules.ts'
import { AppError } from '../errors.ts'

/*
 * like: "iPhone*"      the whole text; * any characters, ? one, no other is special
 * matches: "^iPad[67]" anywhere in the text; the syntax of RE2: no look-ahead, no back-reference
 * Case is ignored in both; (?-i) in a regular expression minds it.
 */

/** Throws AppError badRequest for an expression that does not compile. */
export const compilePattern: CompilePattern = (pattern) => {
  const source = 'like' in pattern ? fromWildcards(pattern.like) : pattern.matches
  try {
    const compiled = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE | ('like' in pattern ? RE2JS.DOTALL : 0))
    return (text) => compiled.test(text)
  } catch (cause) {
    throw new AppError('badRequest', problemOf(pattern, cause), { cause })
  }
}

function fromWildcards(like: string): string {
  const parts = like.split(/([*?]+)/)
  const body = parts.map((part, index) => (index % 2 === 0 ? RE2JS.quote(part) : fromStars(part)))
  return `^(?:${body.join('')})$`
}

/** `**?*` asks for one character and any more: one star, so that the expression stays small. */
function fromStars(stars: string): string {
  return '.'.repeat(stars.replaceAll('*', '').length) + (stars.includes('*') ? '.*' : '')
}

function problemOf(pattern: TextPattern, thrown: unknown): string {
  const what = 'like' in pattern ? pattern.like : pattern.matches
  const why = thrown instanceof Error ? thrown.message.replace(/^error parsing regexp: /, '') : String(thrown)
  // The engine writes its flags in front of the expression
  const reason = why.replace('`(?i)', '`')
  return `the expression ${JSON.stringify(what)} does not compile: ${reason}; write it in the syntax of RE2 (no look-ahead, no back-reference)`
}
