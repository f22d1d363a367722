/** The message that ends a relay's work: told apart from a batch, and believed only with the cloud side's signature. Pure. */
import { limits, retiredBody, type Retired } from './messages.ts'
import { check, parseJson, type BatchExpectation } from './parse.ts'
import { Refusal } from './refusal.ts'
import { open, type Envelope } from './signing.ts'

/** Whether a signed message means to be `retired`. Proves nothing; it is small, so that no large batch is parsed for the question. */
export function isRetired({ body }: Envelope): boolean {
  if (body.length > limits.smallFrameBytes) return false
  try {
    const value = parseJson(body)
    return typeof value === 'object' && value !== null && 'type' in value && value.type === 'retired'
  } catch {
    return false
  }
}

/**
 * Signature first, then connector and conversation: it cannot be forged, and one that was recorded is good for no other conversation. Throws a
 * Refusal (unknownKey, badSignature, malformed, wrongConnector, wrongConversation).
 */
export function parseRetired(
  envelope: Envelope,
  expected: Pick<BatchExpectation, 'connectorId' | 'nonce' | 'keys'>,
): Retired {
  const body = check(retiredBody, parseJson(open(envelope, expected.keys)), 'retired message')
  const { connectorId } = expected
  if (body.connectorId !== connectorId) {
    throw new Refusal('wrongConnector', `connector ${body.connectorId} is retired; this relay serves ${connectorId}`)
  }
  if (body.nonce !== expected.nonce) {
    throw new Refusal('wrongConversation', 'this message was made for another conversation')
  }
  if (body.by === connectorId) throw new Refusal('malformed', `connector ${connectorId} cannot take its own place`)
  return body
}
