/** Whether a quick sync that found no change has mails to send all the same. */
import type { Run } from '../core/run.ts'
import type { Ports } from '../ports.ts'
import { readConnector } from './connector.ts'
import { isDigestDue } from './isDigestDue.ts'
import { hasDueMails } from './sendMails.ts'

export async function mailsWait(ports: Ports, run: Run): Promise<boolean> {
  if (await hasDueMails(ports, run)) return true
  const digest = (await readConnector(ports, run.connectorId))?.value.digest
  return digest !== undefined && digest.runs.length > 0 && isDigestDue(digest, ports.clock.now())
}
