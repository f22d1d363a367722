/**
 * `npm run verify-audit -- FILE [--anchors FOLDER]`: checks an exported audit. FILE has the JSON lines of easgate/connectors/{id}/audit/export, all parts
 * one after the other; FOLDER the anchors as they were downloaded from their container. Ends with 0 when all is well, 1 when it is not, 2 for bad input.
 */
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import * as z from 'zod'
import type { AuditAnchor, AuditRow } from '../functions/core/audit.ts'
import { auditFault } from '../functions/store/verifyAudit.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits')
const seq = z.int().min(1)
const text = z.string()
const rowSchema = z.object({
  connectorId: text,
  seq,
  previousHash: hash,
  hash,
  at: text,
  actor: text,
  action: text,
  runId: text.nullable(),
  subject: text,
  before: z.unknown(),
  after: z.unknown(),
  outcome: text.nullable(),
})
const anchorSchema = z.object({ easgateAnchor: z.literal(1), connectorId: text, seq, hash, at: text })

/** What cannot be read at all. */
class BadInput extends Error {}

interface Checked {
  readonly connectorId: string
  readonly rows: number
  readonly first: number
  readonly last: number
  /** Sentences. */
  readonly faults: readonly string[]
  readonly hashes: ReadonlyMap<number, string>
}

await new Command('npm run verify-audit --')
  .description(
    'Checks an exported audit: the chain of its rows, and the anchors that were kept of it. Ends with 0, 1 (not whole) or 2.',
  )
  .argument('<file>', 'the exported rows as JSON lines')
  .option('--anchors <folder>', 'the anchors, as downloaded from their container')
  .action(run)
  // Commander's own 1 would say that the audit is not whole
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parseAsync()

async function run(file: string, { anchors: folder }: { anchors?: string }): Promise<void> {
  try {
    const anchors = folder === undefined ? [] : await readAnchors(folder)
    const checked = await checkRows(file, new Set(anchors.map((anchor) => anchor.seq)))
    const own = anchors.filter(({ connectorId }) => connectorId === checked.connectorId)
    if (folder !== undefined && own.length === 0)
      throw new BadInput(`${folder} has no anchor of connector ${checked.connectorId}`)
    const found = own.map((anchor) => anchorFault(anchor, checked))
    const faults = [...checked.faults, ...found.filter((fault) => fault !== null && fault !== 'earlier')]
    const held = found.filter((fault) => fault === null).length
    for (const fault of faults) process.stdout.write(`BAD  ${fault}\n`)
    const { connectorId, rows, first, last } = checked
    process.stdout.write(`connector ${connectorId}: ${rows} rows, numbers ${first} to ${last}\n`)
    if (first > 1) process.stdout.write(`rows before number ${first} are not in the file and were not checked\n`)
    process.stdout.write(anchorText(folder, own.length, held))
    process.stdout.write(faults.length === 0 ? 'whole\n' : `not whole: ${faults.length} faults\n`)
    process.exitCode = faults.length === 0 ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof BadInput) && !isFileError(thrown)) throw thrown
    process.stderr.write(`${thrown.message}\n`)
    process.exitCode = 2
  }
}

function anchorText(folder: string | undefined, own: number, held: number): string {
  if (folder === undefined) return 'without --anchors, a history that was written anew as a whole would not show\n'
  return `${held} of ${own} anchors stand on these rows\n`
}

/** The first fault of the chain: what comes after it says nothing any more. */
async function checkRows(file: string, wanted: ReadonlySet<number>): Promise<Checked> {
  const hashes = new Map<number, string>()
  const faults: string[] = []
  let [first, before, rows]: [AuditRow | null, AuditRow | null, number] = [null, null, 0]
  let connectorId = ''
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    rows += 1
    const parsed = parse(rowSchema, line, `${file}, row ${rows}`)
    if (first === null) connectorId = parsed.connectorId
    else if (parsed.connectorId !== connectorId)
      throw new BadInput(
        `${file}, row ${rows}: is of connector ${parsed.connectorId}, the rows before it of ${connectorId}; check one export at a time`,
      )
    const row: AuditRow = { ...parsed, before: parsed.before ?? null, after: parsed.after ?? null }
    const problem = faults.length === 0 ? auditFault(row, before) : null
    if (problem) faults.push(`row ${row.seq}: ${sayProblem(problem, before)}`)
    if (wanted.has(row.seq)) hashes.set(row.seq, row.hash)
    first ??= row
    before = row
  }
  if (first === null || before === null) throw new BadInput(`${file} has no rows`)
  return { connectorId, rows, first: first.seq, last: before.seq, faults, hashes }
}

function sayProblem(problem: NonNullable<ReturnType<typeof auditFault>>, before: AuditRow | null): string {
  if (problem === 'gap') return `does not follow ${before?.seq}; rows are missing, twice or out of order`
  if (problem === 'brokenLink')
    return 'does not carry the hash of the row before it; that row is not the one that was written'
  return 'is not what was hashed; it was changed after it was written'
}

/*
 * the anchor's row                | answer
 * in the file with its hash       | null
 * before the first one            | earlier: nothing can be said
 * in the file with another hash   | written anew
 * after the last one              | cut off
 */
function anchorFault(anchor: AuditAnchor, { first, last, hashes }: Checked): string | null {
  if (anchor.seq < first) return 'earlier'
  const day = `the anchor of ${anchor.at}`
  if (anchor.seq > last)
    return `${day} is of row ${anchor.seq}, and the file ends with ${last}: rows were cut off, or the export is not whole`
  if (hashes.get(anchor.seq) === anchor.hash) return null
  return `row ${anchor.seq}: ${day} has another hash; the history was written anew after that day`
}

async function readAnchors(folder: string): Promise<AuditAnchor[]> {
  const names = await readdir(folder, { recursive: true })
  const files = names.filter((name) => name.endsWith('.json')).map((name) => path.join(folder, name))
  if (files.length === 0) throw new BadInput(`${folder} has no .json file; download the container with its folders`)
  return Promise.all(files.map(async (file) => parse(anchorSchema, await readFile(file, 'utf8'), file)))
}

function parse<T>(schema: z.ZodType<T>, json: string, where: string): T {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new BadInput(`${where}: is not JSON`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new BadInput(`${where}: ${issue?.path.join('.')} ${issue?.message}; is it an export of easgate's?`)
}

function isFileError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown
}
