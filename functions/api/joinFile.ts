/** POST easgate/connectors/{id}/joinFile: what `easgate-relay join` takes. It may hold the Listen key, so who asked for it is audited. */
import type { JoinFile } from '../../protocol/joinFile.ts'
import { fingerprintOf } from '../../protocol/signing.ts'
import { AppError } from '../errors.ts'
import { audited } from './audited.ts'
import { connectorInPath, type Answer, type Call } from './call.ts'

/** Whoever joins with it is approved by nobody yet. Throws AppError notFound. */
export async function issueJoinFile(call: Call): Promise<Answer> {
  const connectorId = connectorInPath(call)
  const joining = call.joining(connectorId)
  if (!joining) throw new AppError('notFound', `there is no connector "${connectorId}"`)
  const { rendezvous, cloudKeys } = joining
  const issuedAt = call.ports.clock.now().toISOString()
  const file: JoinFile = { easgateJoin: 1, connectorId, rendezvous, cloudKeys: [...cloudKeys], issuedAt }
  const after = { cloudKeys: cloudKeys.map(fingerprintOf), hasListenKey: rendezvous.key !== undefined }
  const change = { action: 'joinFileIssued', subject: connectorId, before: null, after }
  return audited(call, connectorId, change, async () => ({ status: 200, body: file, headers }))
}

/** No cache on the way keeps the key; a browser saves it under this name. */
const headers = {
  'cache-control': 'no-store',
  'content-disposition': 'attachment; filename="easgate.join.json"',
}
