/** Which servers a fault concerns: they are named by Fqdn, by Name, or all at once by "*". */
import type { Simulation } from './simulation.ts'

export function isDown(simulation: Simulation, fqdn: string): boolean {
  return isNamed(simulation, fqdn, simulation.faults.settings.unreachable)
}

export function isNamed({ exchange }: Simulation, fqdn: string, listed: readonly string[] | null | undefined): boolean {
  const names = (listed ?? []).map((name) => name.toLowerCase())
  const known = exchange.servers.find((server) => server.Fqdn.toLowerCase() === fqdn.toLowerCase())
  return names.some((name) => name === '*' || name === fqdn.toLowerCase() || name === known?.Name.toLowerCase())
}
