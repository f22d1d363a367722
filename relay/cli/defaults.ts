/** Where the relay's files are when nobody says otherwise. */
import path from 'node:path'

export interface System {
  readonly platform: string
  readonly env: NodeJS.ProcessEnv
}

const thisSystem: System = { platform: process.platform, env: process.env }

/** `%ProgramData%\easgate\relay.json`, elsewhere /etc/easgate/relay.json. */
export function defaultConfigFile(system: System = thisSystem): string {
  return system.platform === 'win32' ? path.win32.join(windowsFolder(system), 'relay.json') : '/etc/easgate/relay.json'
}

/** `%ProgramData%\easgate\state`, elsewhere /var/lib/easgate. */
export function defaultStateDir(system: System = thisSystem): string {
  return system.platform === 'win32' ? path.win32.join(windowsFolder(system), 'state') : '/var/lib/easgate'
}

function windowsFolder({ env }: System): string {
  return path.win32.join(env['ProgramData'] ?? 'C:\\ProgramData', 'easgate')
}
