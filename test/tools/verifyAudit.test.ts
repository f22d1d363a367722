/** `npm run verify-audit` over an export as the API gives it: the built program, with real files. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { auditText, type AuditRow } from '../../functions/core/audit.ts'
import { sha256 } from '../../functions/store/verifyAudit.ts'
import { api, now } from '../api/apiFixture.ts'

const script = path.resolve('dist/tools/verifyAudit.js')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'easgate-audit-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

type Exported = AuditRow & { readonly connectorId: string }

async function exported(count = 6): Promise<Exported[]> {
  const app = api(['contoso'])
  const entries = Array.from({ length: count }, (_, index) => ({
    at: now,
    actor: 'run r1',
    action: 'commandSent',
    runId: 'r1',
    subject: `mailbox-${index}`,
    before: { allowed: ['ä'] },
    after: null,
    outcome: 'sent',
  }))
  await app.store.appendAudit('contoso', entries)
  const answer = await app.call('GET', '/easgate/connectors/contoso/audit/export')
  const rows: Exported[] = (answer.text ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Exported)
  return rehashed(rows)
}

/** The fixture's hash is no SHA-256; also what a forger does who can write the whole table. */
function rehashed(rows: readonly Exported[]): Exported[] {
  let previousHash = '0'.repeat(64)
  return rows.map((row) => {
    const hash = sha256(auditText(row.seq, previousHash, row))
    const made = { ...row, previousHash, hash }
    previousHash = hash
    return made
  })
}

interface Anchor {
  readonly seq: number
  readonly hash: string
  readonly connectorId?: string
}

async function verify(rows: readonly object[] | string, anchors?: readonly Anchor[]) {
  const file = path.join(folder, 'audit.jsonl')
  writeFileSync(file, typeof rows === 'string' ? rows : rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const anchorFolder = path.join(folder, 'anchors')
  anchors?.forEach((anchor, day) => {
    const whole = { easgateAnchor: 1, connectorId: 'contoso', at: `2026-11-${10 + day}T00:07:00.000Z`, ...anchor }
    mkdirSync(path.join(anchorFolder, whole.connectorId), { recursive: true })
    writeFileSync(path.join(anchorFolder, whole.connectorId, `${whole.at.slice(0, 10)}.json`), JSON.stringify(whole))
  })
  return runVerify(file, ...(anchors ? ['--anchors', anchorFolder] : []))
}

function runVerify(...args: string[]) {
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [script, ...args], (error, out, err) => resolve({ code: error?.code ?? 0, out, err }))
  })
}

const anchorOf = (rows: readonly Exported[], seq: number): Anchor => ({ seq, hash: rows[seq - 1]?.hash ?? '' })

test('an export as it was written is whole, and every anchor stands on it', async () => {
  const rows = await exported()
  const other = { ...anchorOf(rows, 1), hash: 'b'.repeat(64), connectorId: 'fabrikam' }
  expect(await verify(rows, [anchorOf(rows, 2), anchorOf(rows, 6), other])).toEqual({
    code: 0,
    out: 'connector contoso: 6 rows, numbers 1 to 6\n2 of 2 anchors stand on these rows\nwhole\n',
    err: '',
  })
})

test('a later part alone is checked from its first row on, and says so', async () => {
  const rows = await exported()
  const { code, out } = await verify(rows.slice(3), [anchorOf(rows, 2), anchorOf(rows, 5)])
  expect(code).toBe(0)
  expect(out).toContain('rows before number 4 are not in the file')
  expect(out).toContain('1 of 2 anchors stand')
})

test('without anchors it says what it cannot see', async () => {
  const { code, out } = await verify(await exported())
  expect([code, out]).toEqual([0, expect.stringContaining('a history that was written anew as a whole would not show')])
})

describe('not whole', () => {
  test('a row that was changed', async () => {
    const rows = (await exported()).map((row) => (row.seq === 3 ? { ...row, actor: 'nobody' } : row))
    const { code, out } = await verify(rows)
    expect([code, out]).toEqual([1, expect.stringContaining('BAD  row 3: is not what was hashed')])
  })

  test('a row that is missing', async () => {
    const rows = (await exported()).filter(({ seq }) => seq !== 3)
    const { code, out } = await verify(rows)
    expect([code, out]).toEqual([1, expect.stringContaining('BAD  row 4: does not follow 2')])
  })

  test('a whole history that was written anew, which only an anchor shows', async () => {
    const rows = await exported()
    const forged = rehashed(rows.map((row) => (row.seq === 3 ? { ...row, outcome: 'done' } : row)))
    expect(await verify(forged)).toMatchObject({ code: 0 })
    const { code, out } = await verify(forged, [anchorOf(rows, 2), anchorOf(rows, 4)])
    expect(code).toBe(1)
    expect(out).toContain('BAD  row 4: the anchor of 2026-11-11T00:07:00.000Z has another hash')
    expect(out).toContain('1 of 2 anchors stand')
  })

  test('rows that were cut off at the end, which only an anchor shows', async () => {
    const rows = await exported()
    const { code, out } = await verify(rows.slice(0, 4), [anchorOf(rows, 6)])
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('is of row 6, and the file ends with 4: rows were cut off'),
    ])
  })
})

describe('bad input ends with 2 and says where', () => {
  test.each<[string, string, RegExp]>([
    ['no rows', '\n', /has no rows/],
    ['no JSON', '{"connectorId"', /audit\.jsonl, row 1: is not JSON/],
    ['another JSON', '{"a":1}', /row 1: connectorId .*is it an export of easgate's\?/],
  ])('%s', async (_, text, says) => {
    expect(await verify(text)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(says) })
  })

  test('rows of two connectors', async () => {
    const rows = await exported()
    const mixed = rows.map((row) => (row.seq === 4 ? { ...row, connectorId: 'fabrikam' } : row))
    expect(await verify(mixed)).toMatchObject({
      code: 2,
      err: expect.stringContaining('row 4: is of connector fabrikam'),
    })
  })

  test('wrong use ends with 2, too: 1 says that the audit is not whole', async () => {
    expect(await runVerify()).toMatchObject({
      code: 2,
      err: expect.stringContaining("missing required argument 'file'"),
    })
    expect(await runVerify('--anchor', folder)).toMatchObject({ code: 2, err: expect.stringContaining('--anchor') })
    expect(await runVerify('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--anchors <folder>') })
  })

  test('a file that is not there, a folder without anchors, and one with those of others alone', async () => {
    expect(await runVerify(path.join(folder, 'nothing'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('ENOENT'),
    })
    const rows = await exported()
    expect(await verify(rows, [{ ...anchorOf(rows, 1), connectorId: 'fabrikam' }])).toMatchObject({
      code: 2,
      err: expect.stringContaining('has no anchor of connector contoso'),
    })
    expect(await runVerify(path.join(folder, 'audit.jsonl'), '--anchors', folder.replace(/$/, '-none'))).toMatchObject({
      code: 2,
    })
  })
})
