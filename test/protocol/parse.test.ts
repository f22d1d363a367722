import { describe, expect, test } from 'vitest'
import { noAllowances, type Command } from '../../protocol/checkCommand.ts'
import { limits, type Batch } from '../../protocol/messages.ts'
import {
  isReadBatch,
  parseBatch,
  parseCloudMessage,
  parseRelayFrame,
  type BatchExpectation,
} from '../../protocol/parse.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { keyRing, newKeyPair, seal, signerFrom, type Envelope } from '../../protocol/signing.ts'

const cloud = signerFrom(newKeyPair().privateKey)
const stranger = signerFrom(newKeyPair().privateKey)
const nowMs = Date.parse('2026-11-21T08:00:00.000Z')
const at = (seconds: number) => new Date(nowMs + seconds * 1000).toISOString()
const mail = { To: 'ana@contoso.com', Subject: 'Your phone', Html: '<p>Hi</p>' }
const setLists: Command = {
  id: 'c1',
  cmdlet: 'Set-CASMailbox',
  parameters: { Identity: 'guid-1', ActiveSyncAllowedDeviceIDs: { Add: ['ApplANA1'] } },
}
const good: Batch = {
  type: 'batch',
  connectorId: 'contoso',
  nonce: 'n'.repeat(32),
  batchId: 'b1',
  issuedAt: at(-1),
  expiresAt: at(60),
  commands: [setLists],
}
const expected: BatchExpectation = {
  connectorId: 'contoso',
  nonce: good.nonce,
  keys: keyRing([cloud.publicKey]),
  allowed: noAllowances,
  nowMs,
}
const command = (cmdlet: string, parameters: Command['parameters']): Batch => ({
  ...good,
  commands: [{ id: 'c1', cmdlet, parameters }],
})

function codeOf(parse: () => unknown): string {
  try {
    parse()
    return 'taken'
  } catch (thrown) {
    return thrown instanceof Refusal ? thrown.code : `not a refusal: ${String(thrown)}`
  }
}

// what is wrong | the batch | refusal
const batches: readonly (readonly [string, object, string])[] = [
  ['nothing', good, 'taken'],
  ['another connector', { ...good, connectorId: 'fabrikam' }, 'wrongConnector'],
  ['made for another conversation', { ...good, nonce: 'm'.repeat(32) }, 'wrongConversation'],
  ['expired to the millisecond', { ...good, expiresAt: at(0) }, 'expired'],
  ['issued in the future', { ...good, issuedAt: at(121), expiresAt: at(180) }, 'expired'],
  ['lives longer than five minutes', { ...good, expiresAt: at(300) }, 'malformed'],
  ['ends before it begins', { ...good, issuedAt: at(70), expiresAt: at(60) }, 'malformed'],
  ['no time', { ...good, expiresAt: 'soon' }, 'malformed'],
  ['no commands', { ...good, commands: [] }, 'malformed'],
  [
    'too many commands',
    {
      ...good,
      commands: Array.from({ length: limits.commandsPerBatch + 1 }, (_, index) => ({ ...setLists, id: `c${index}` })),
    },
    'oversized',
  ],
  ['two commands of one id', { ...good, commands: [setLists, setLists] }, 'malformed'],
  [
    'reads and changes together',
    { ...good, commands: [setLists, { id: 'c2', cmdlet: 'Get-CASMailbox', parameters: {} }] },
    'malformed',
  ],
  [
    'mails and changes together',
    { ...good, commands: [setLists, { id: 'c2', cmdlet: 'Send-EasgateMail', parameters: mail }] },
    'notAllowed',
  ],
  ['a mail, where there is no notification account', command('Send-EasgateMail', mail), 'notAllowed'],
  ['a cmdlet that is not on the list', command('Get-Mailbox', {}), 'unknownCmdlet'],
  ['a cmdlet in other letters', command('set-casmailbox', { Identity: 'x' }), 'unknownCmdlet'],
  ['a name that every object has', command('constructor', {}), 'unknownCmdlet'],
  ['a script as a cmdlet', command('Set-CASMailbox; Remove-Item', { Identity: 'x' }), 'unknownCmdlet'],
  [
    'a parameter that is not on the list',
    command('Set-CASMailbox', { Identity: 'x', ActiveSyncEnabled: false }),
    'unknownParameter',
  ],
  [
    'a parameter that every object has',
    command('Set-CASMailbox', { Identity: 'x', toString: 'x' }),
    'unknownParameter',
  ],
  [
    'a plain list that would overwrite',
    command('Set-CASMailbox', { Identity: 'x', ActiveSyncAllowedDeviceIDs: ['a'] }),
    'wrongType',
  ],
  ['an empty edit', command('Set-CASMailbox', { Identity: 'x', ActiveSyncAllowedDeviceIDs: {} }), 'wrongType'],
  ['an edit that clears', command('Set-CASMailbox', { Identity: 'x', ActiveSyncAllowedDeviceIDs: null }), 'wrongType'],
  ['a blank identity, which would name everything', command('Get-CASMailbox', { Identity: '  ' }), 'wrongType'],
  ['no identity where one is needed', command('Set-CASMailbox', {}), 'wrongType'],
  ['a text where a flag belongs', command('Get-CASMailbox', { Monitoring: 'yes' }), 'wrongType'],
  ['a wipe', command('Clear-MobileDevice', { Identity: 'x' }), 'notAllowed'],
  ['a wipe of the old dialect', command('Clear-ActiveSyncDevice', { Identity: 'x' }), 'notAllowed'],
  ['the end of a partnership', command('Remove-MobileDevice', { Identity: 'x' }), 'notAllowed'],
  [
    'a mail insert of 257 characters',
    command('Set-ActiveSyncOrganizationSettings', { UserMailInsert: 'x'.repeat(257) }),
    'wrongType',
  ],
]

describe('a batch is taken whole or refused whole', () => {
  test.each(batches)('%s', (_what, body, code) => {
    expect(codeOf(() => parseBatch(seal(cloud, body), expected))).toBe(code)
  })
  test('signed by a key that the relay was not given', () => {
    expect(codeOf(() => parseBatch(seal(stranger, good), expected))).toBe('unknownKey')
  })
  test('a body changed after signing', () => {
    const sealed = seal(cloud, good)
    const body = sealed.body.replace('ApplANA1', 'ApplEVE1')
    expect(codeOf(() => parseBatch({ ...sealed, body }, expected))).toBe('badSignature')
  })
  test('a signature by a stranger under a known name', () => {
    const forged: Envelope = { ...seal(stranger, good), key: cloud.fingerprint }
    expect(codeOf(() => parseBatch(forged, expected))).toBe('badSignature')
  })
  test('a wipe is taken where the relay’s own configuration allows it, and nothing else with it', () => {
    const allowed = { wipe: true, removePartnership: false, mail: false }
    expect(
      codeOf(() =>
        parseBatch(seal(cloud, command('Clear-MobileDevice', { Identity: 'x', AccountOnly: true })), {
          ...expected,
          allowed,
        }),
      ),
    ).toBe('taken')
    expect(
      codeOf(() =>
        parseBatch(seal(cloud, command('Remove-MobileDevice', { Identity: 'x' })), { ...expected, allowed }),
      ),
    ).toBe('notAllowed')
  })
  test('a mail is taken where the relay has a notification account, with nothing but mails beside it', () => {
    const allowed = { wipe: false, removePartnership: false, mail: true }
    const codeOfMail = (body: object) => codeOf(() => parseBatch(seal(cloud, body), { ...expected, allowed }))
    const withImage = { ...mail, ImagePng: 'iVBORw0KGgo=' }
    expect(codeOfMail(command('Send-EasgateMail', withImage))).toBe('taken')
    const second = (cmdlet: string, parameters: object) => ({
      ...good,
      commands: [
        { id: 'c1', cmdlet: 'Send-EasgateMail', parameters: mail },
        { id: 'c2', cmdlet, parameters },
      ],
    })
    expect(codeOfMail(second('Send-EasgateMail', mail))).toBe('taken')
    expect(codeOfMail(second('Get-CASMailbox', {}))).toBe('malformed')
    expect(codeOfMail(second('Set-CASMailbox', setLists.parameters))).toBe('malformed')
  })
  test.each([
    ['two addresses', { To: 'a@contoso.com, b@contoso.com' }],
    ['an address with a line end', { To: 'a@contoso.com\r\nBcc: b@contoso.com' }],
    ['a display name', { To: 'Ana <a@contoso.com>' }],
    ['no address', { To: 'ana' }],
    ['a subject of two lines', { Subject: 'a\r\nBcc: b@contoso.com' }],
    ['a subject of 256 characters', { Subject: 'x'.repeat(256) }],
    ['no text', { Html: '' }],
    ['too much text', { Html: 'x'.repeat(200_001) }],
    ['an image that is no PNG', { ImagePng: 'R0lGODlh' }],
    ['an image that is too large', { ImagePng: `iVBORw0KGgo${'A'.repeat(87_384)}` }],
    ['an image that is no base64', { ImagePng: 'iVBORw0KGgo"' }],
  ])('a mail with %s is refused', (_what, wrong) => {
    const allowed = { wipe: false, removePartnership: false, mail: true }
    const body = command('Send-EasgateMail', { ...mail, ...wrong })
    expect(codeOf(() => parseBatch(seal(cloud, body), { ...expected, allowed }))).toBe('wrongType')
  })
  test('while a key is being replaced both are taken', () => {
    const keys = keyRing([cloud.publicKey, stranger.publicKey])
    expect(codeOf(() => parseBatch(seal(stranger, good), { ...expected, keys }))).toBe('taken')
  })
  test('a batch of reads is known as one', () => {
    expect([isReadBatch(good), isReadBatch(command('Get-MobileDevice', { ResultSize: 'Unlimited' }))]).toEqual([
      false,
      true,
    ])
  })
})

describe('frames from the cloud side', () => {
  test.each([
    ['not JSON', 'hello', 'malformed'],
    ['JSON, but no message', '[]', 'malformed'],
    ['an unknown type', '{"type":"run"}', 'malformed'],
    ['a batch without its envelope', JSON.stringify(good), 'unsigned'],
    [
      'a hello of another version',
      JSON.stringify({ type: 'hello', version: 2, connectorId: 'contoso', challenge: 'c'.repeat(32), rowCredit: 1 }),
      'unsupportedVersion',
    ],
    [
      'a hello that is far too long',
      JSON.stringify({
        type: 'hello',
        version: 1,
        connectorId: 'contoso',
        challenge: 'c'.repeat(32),
        rowCredit: 1,
        more: 'x'.repeat(5000),
      }),
      'oversized',
    ],
    ['a frame beyond the limit', 'x'.repeat(limits.frameBytes + 1), 'oversized'],
  ])('%s', (_what, frame, code) => {
    expect(codeOf(() => parseCloudMessage(frame))).toBe(code)
  })
})

describe('frames from the relay', () => {
  const end = { type: 'end', challenge: 'c'.repeat(32), seq: 3, batchId: 'b1', repeated: false }
  test.each([
    ['as it should be', JSON.stringify(seal(cloud, end)), 'taken'],
    ['without a signature', JSON.stringify(end), 'unsigned'],
    ['by a stranger', JSON.stringify(seal(stranger, end)), 'unknownKey'],
    ['with a body that is no message', JSON.stringify(seal(cloud, { ...end, type: 'finish' })), 'malformed'],
  ])('%s', (_what, frame, code) => {
    expect(codeOf(() => parseRelayFrame(frame, keyRing([cloud.publicKey])))).toBe(code)
  })
})
