/** Arguments as one Windows command line, as CommandLineToArgvW takes them apart again. Pure. */

/*
 * argument               | on the command line
 * of letters and the like | as it is
 * empty, or with a space | in quotes
 * ends in \, quoted      | that \ twice: it would escape the quote
 * holds a quote          | \", and every \ right before it twice
 */
export function commandLine(args: readonly string[]): string {
  return args.map(quoted).join(' ')
}

function quoted(argument: string): string {
  if (/^[\w.:\\/$@=+-]+$/.test(argument)) return argument
  const inner = argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')
  return `"${inner}"`
}
