/** A directory that nobody is to ask: every call is refused. */
import type { Directory } from '../../functions/portsDirectory.ts'

export const noDirectory: Directory = new Proxy({} as Directory, {
  get: (_target, name) =>
    name === 'requests' || name === 'throttled'
      ? () => 0
      : () => Promise.reject(new Error(`nobody asks Graph here, but ${String(name)} was called`)),
})
