// The same contract with the product's module in a real PowerShell, where one is found.
import { onPowerShell, powershell, fixture } from '../relay/powershell/realPowerShell.ts'
import { exchangeContract } from './exchange.ts'
import { openChain } from './exchangeChain.ts'
import { world } from './exchangeWorld.ts'

const shell = { executable: powershell ?? '', modulePath: fixture('SimulatedExchange.psm1') }

onPowerShell(() =>
  exchangeContract('through rendezvous, relay and the module to the simulated Exchange', () => openChain(world, shell)),
)
