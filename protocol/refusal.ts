/** A refusal: why a message or batch was not taken. Nothing of a refused batch is executed. */

export const refusalCodes = [
  'malformed', // not JSON, not an object, a property missing or of a wrong kind
  'oversized', // larger than the limit of its message
  'unsupportedVersion', // the other side speaks a version that this one does not
  'unsigned', // a message that must be signed is not
  'unknownKey', // signed with a key that this side was not given
  'badSignature', // the signature does not fit the bytes
  'wrongConnector', // for another connector
  'wrongConversation', // made for another conversation: a recorded batch that is played again
  'expired', // its time is over, or the clocks differ by more than the batch lives
  'replayed', // a batch id that was used for other commands
  'unknownCmdlet', // not on the closed list
  'unknownParameter', // not a parameter of this cmdlet on the closed list
  'wrongType', // a parameter value of the wrong type or out of range
  'notAllowed', // on the list, but this relay's own configuration does not allow it
  'retired', // this relay's connector is retired: it takes nothing until it is joined again
  'busy', // too many conversations or batches at once
] as const

export type RefusalCode = (typeof refusalCodes)[number]

/** Thrown by parsing and verification, sent as a `refused` message. `message` names the thing, the number and the remedy. */
export class Refusal extends Error {
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Refusal'
    this.code = code
  }
}
