/** The routes below /_sim: patch and remove, state, journal, faults. For tests and the launcher; a relay never uses them. */
import type { ServerResponse } from 'node:http'
import * as z from 'zod'
import { applyPatch, applyRemoval } from './applyPatch.ts'
import { ruleView } from './cmdlets/accessRule.ts'
import { organizationView } from './cmdlets/organizationSettings.ts'
import { faultSettings } from './faults.ts'
import type { Simulation } from './simulation.ts'
import { writeJson, writePiece, type Route } from './routes.ts'
import { print } from './view.ts'
import { exchangePatch, exchangeRemoval } from './world.ts'

export const adminRoutes: Readonly<Record<string, Route>> = {
  'POST /_sim/patch': async ({ simulation, body, response }) => {
    applyPatch(simulation.exchange, exchangePatch.parse(await body()))
    writeJson(response, 200, {})
  },
  'POST /_sim/remove': async ({ simulation, body, response }) => {
    applyRemoval(simulation.exchange, exchangeRemoval.parse(await body()))
    writeJson(response, 200, {})
  },
  'POST /_sim/faults': async ({ simulation, body, response }) => {
    const settings = faultSettings.parse(await body())
    simulation.faults.set(settings)
    if (settings.hidden !== undefined) simulation.exchange.hiddenByFault = settings.hidden ?? {}
    writeJson(response, 200, simulation.faults.settings)
  },
  'GET /_sim/faults': ({ simulation, response }) => writeJson(response, 200, simulation.faults.settings),
  'DELETE /_sim/faults': ({ simulation, response }) => {
    simulation.faults.clear()
    simulation.exchange.hiddenByFault = {}
    writeJson(response, 200, {})
  },
  'GET /_sim/commands': ({ simulation, url, response }) => {
    const since = z.coerce.number().parse(url.searchParams.get('since') ?? 0)
    const { journal } = simulation
    writeJson(response, 200, { count: journal.count, commands: journal.since(since) })
  },
  'GET /_sim/shells': ({ simulation, response }) => writeJson(response, 200, { open: simulation.shells.size }),
  'GET /_sim/state': ({ simulation, response }) => writeState(simulation, response),
}

// In pieces: a large world's state is too much for one string.
async function writeState({ exchange }: Simulation, response: ServerResponse): Promise<void> {
  const [organizationSettings] = print(organizationView, [exchange], undefined)
  const accessRules = [...print(ruleView, exchange.rules.all(), undefined)]
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.write(
    `{"organizationSettings":${JSON.stringify(organizationSettings)},"accessRules":${JSON.stringify(accessRules)}`,
  )
  await writeList(response, 'mailboxes', exchange.mailboxes.all(), ({ guid, allowed, blocked }) => ({
    Guid: guid,
    ActiveSyncAllowedDeviceIDs: allowed,
    ActiveSyncBlockedDeviceIDs: blocked,
  }))
  await writeList(response, 'devices', exchange.devices.all(), (device) => {
    const { state, reason } = exchange.access(device)
    return { Guid: device.guid, DeviceAccessState: state, DeviceAccessStateReason: reason }
  })
  response.end('}')
}

async function writeList<T>(
  response: ServerResponse,
  name: string,
  items: Iterable<T>,
  show: (item: T) => object,
): Promise<void> {
  let chunk = `,"${name}":[`
  let separator = ''
  for (const item of items) {
    chunk += separator + JSON.stringify(show(item))
    separator = ','
    if (chunk.length < 64 * 1024) continue
    if (!(await writePiece(response, chunk))) return
    chunk = ''
  }
  response.write(`${chunk}]`)
}
