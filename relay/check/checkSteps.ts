/** The steps of `easgate-relay check`, in order, with what each needs and how long it may take. */
import { checkClock } from './checkClock.ts'
import { checkConfiguration } from './checkConfiguration.ts'
import { checkExchange } from './checkExchange.ts'
import { checkFolder } from './checkFolder.ts'
import { checkAutodiscover, checkEws } from './checkMailSteps.ts'
import { checkName } from './checkName.ts'
import { checkPermissionsStep } from './checkPermissionsStep.ts'
import { checkPort } from './checkPort.ts'
import { checkPowerShell } from './checkPowerShell.ts'
import { checkRelay } from './checkRelay.ts'
import { checkRendezvous } from './checkRendezvous.ts'
import type { CheckStep } from './checkStep.ts'
import { checkTls } from './checkTls.ts'

export const checkSteps: readonly CheckStep[] = [
  { name: 'configuration', needs: [], timeoutMs: 60_000, run: checkConfiguration },
  { name: 'folder', needs: ['configuration'], timeoutMs: 60_000, run: checkFolder },
  { name: 'relay', needs: ['configuration'], timeoutMs: 10_000, run: checkRelay },
  { name: 'name', needs: ['configuration'], timeoutMs: 20_000, run: checkName },
  { name: 'port', needs: ['name'], timeoutMs: 20_000, run: checkPort },
  { name: 'tls', needs: ['port'], timeoutMs: 20_000, run: checkTls },
  { name: 'clock', needs: ['tls'], timeoutMs: 20_000, run: checkClock },
  { name: 'rendezvous', needs: ['tls'], timeoutMs: 90_000, run: checkRendezvous },
  { name: 'powershell', needs: ['configuration'], timeoutMs: 60_000, run: checkPowerShell },
  { name: 'exchange', needs: ['powershell'], timeoutMs: 180_000, run: checkExchange },
  { name: 'permissions', needs: ['exchange'], timeoutMs: 120_000, run: checkPermissionsStep },
  { name: 'autodiscover', needs: ['powershell'], timeoutMs: 180_000, run: checkAutodiscover },
  { name: 'ews', needs: ['autodiscover'], timeoutMs: 10_000, run: checkEws },
]
