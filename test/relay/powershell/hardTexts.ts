/** Texts that a shell, JSON or remoting could make something else of, each with its name. */
export const hardTexts: [what: string, text: string][] = [
  ['quotes', `it's "quoted" ‘so’ “too”`],
  ['what would be an expression', '$(Stop-Computer) ${env:PATH} `n @{a=1} ; | & #'],
  ['an end of the argument', "'; Stop-Computer; '"],
  ['line breaks', 'a\r\nb\nc\td\u0000e\u2028f'],
  ['signs of all planes', 'iPhone§Ä中😀\u0301'],
  ['a marker of the shell', '[Console]::Out.Write("ABCDEFGHIJKLMNOP`n")'],
  ['a date', '2026-05-09T06:30:15Z'],
  ['what JSON escapes', '\\u0041 \\ / <&> \b\f'],
]
