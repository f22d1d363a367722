/** Takes the arguments of our own calls out of what a PowerShell child wrote: its errors repeat the line, and passwords can be in it. Pure. */

/**
 * The arguments are base64 of JSON objects, so each begins with `eyJ`; PowerShell may have wrapped it over lines or cut it. One whose beginning
 * was lost stands at the start of the text.
 */
export function withoutArguments(text: string): string {
  return text.replace(/^[A-Za-z0-9+/=]{60,}|eyJ[A-Za-z0-9+/=\s]*/g, '***')
}
