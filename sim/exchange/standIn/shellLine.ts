/** The lines that the stand-in understands, and no others (module-contract.md). Pure. */

export type ShellLine =
  | { readonly kind: 'mark'; readonly stream: 'Out' | 'Error'; readonly text: string; readonly isConsoleLine: boolean }
  | { readonly kind: 'import'; readonly echo: string }
  | { readonly kind: 'open' | 'step' | 'request' | 'points'; readonly argument: string }
  | { readonly kind: 'close' }

const mark = /^\[Console\]::(?<stream>Out|Error)\.Write(?<line>Line)?\("(?<text>[A-Za-z0-9]{16})(?<lf>`n)?"\)$/
const importModule =
  /^Import-Module \$env:EASGATE_MODULE(?: -DisableNameChecking| -Force| -ErrorAction Stop)*(?:\s*;\s*'(?<echo>[^']*)')?$/
const call =
  /^(?<name>Open-Easgate|Step-Easgate|Send-EasgateRequest|Get-EasgateConnectionPoint) '(?<argument>[A-Za-z0-9+/=]+)'$/
const kinds: Readonly<Record<string, 'open' | 'step' | 'request' | 'points'>> = {
  'Open-Easgate': 'open',
  'Step-Easgate': 'step',
  'Send-EasgateRequest': 'request',
  'Get-EasgateConnectionPoint': 'points',
}

/** Undefined: a line that is not on the list. */
export function parseShellLine(line: string): ShellLine | undefined {
  const marked = mark.exec(line)?.groups
  if (marked && (marked['line'] === undefined) === (marked['lf'] !== undefined)) {
    const stream = marked['stream'] === 'Out' ? 'Out' : 'Error'
    return { kind: 'mark', stream, text: marked['text'] ?? '', isConsoleLine: marked['line'] !== undefined }
  }
  const imported = importModule.exec(line)
  if (imported) return { kind: 'import', echo: imported.groups?.['echo'] ?? '' }
  const called = call.exec(line)?.groups
  const kind = kinds[called?.['name'] ?? '']
  if (kind) return { kind, argument: called?.['argument'] ?? '' }
  return line === 'Close-Easgate' ? { kind: 'close' } : undefined
}
