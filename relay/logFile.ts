/** The relay's log file: whole lines, rotated by size; standard error takes them while the file cannot be written. */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'

export interface LogFileOptions {
  readonly file: string
  /** The file is rotated before a line would make it larger. */
  readonly maxBytes: number
  /** Older files that are kept beside it: file.1 is the youngest. */
  readonly keep: number
  readonly now?: () => number
  /** Where lines go while the file cannot be written. Must not throw. */
  readonly fallback: (line: string) => void
  /** Told once when the file cannot be written, and once when it can be again with the number of lines that are not in it. Must not throw. */
  readonly onProblem: (problem: string) => void
  readonly onRepaired: (missed: number) => void
}

interface OpenFile {
  readonly descriptor: number
  bytes: number
}

/** A file that failed is tried again after this. */
const retryMs = 30_000
const newline = 0x0a

/**
 * Writes line by line and at once, so that a crash loses nothing. A line is in the file whole or not at all: what a full disk took of it is
 * cut off again. Nothing here throws: a relay without a log still does its work.
 */
export class LogFile {
  private readonly options: Required<LogFileOptions>
  private open: OpenFile | undefined
  private triesAgainAtMs = 0
  private rotatesAgainAtMs = 0
  private failed = false
  private missed = 0

  constructor(options: LogFileOptions) {
    this.options = { now: Date.now, ...options }
  }

  /** One line or several, each with its end. */
  write(line: string): void {
    if (!this.tryWrite(line)) this.miss(line)
  }

  close(): void {
    const { open } = this
    this.open = undefined
    if (open) attempt(() => closeSync(open.descriptor))
  }

  private tryWrite(line: string): boolean {
    if (this.failed && this.options.now() < this.triesAgainAtMs) return false
    try {
      const bytes = Buffer.from(line, 'utf8')
      this.rotateFor(bytes.length)
      this.open ??= openAtLineStart(this.options.file)
      append(this.open, bytes)
    } catch (error) {
      this.onFailure(error)
      return false
    }
    if (this.failed) this.onRepair()
    return true
  }

  private miss(line: string): void {
    this.missed += 1
    this.options.fallback(line)
  }

  private onFailure(error: unknown): void {
    this.close()
    this.triesAgainAtMs = this.options.now() + retryMs
    if (this.failed) return
    this.failed = true
    this.options.onProblem(error instanceof Error ? error.message : String(error))
  }

  private onRepair(): void {
    const { missed } = this
    this.failed = false
    this.missed = 0
    this.options.onRepaired(missed)
  }

  /** A file that cannot be renamed now, because somebody reads it on Windows, grows until it can. */
  private rotateFor(more: number): void {
    const { file, maxBytes, keep, now } = this.options
    this.open ??= openAtLineStart(file)
    if (this.open.bytes === 0 || this.open.bytes + more <= maxBytes || now() < this.rotatesAgainAtMs) return
    this.close()
    try {
      shift(file, keep)
    } catch {
      this.rotatesAgainAtMs = now() + retryMs
    }
  }
}

/** A line that a crash or a power cut left unfinished is ended first, so that it spoils only itself. */
function openAtLineStart(file: string): OpenFile {
  mkdirSync(path.dirname(file), { recursive: true })
  const descriptor = openSync(file, 'a+', 0o640)
  const open = { descriptor, bytes: fstatSync(descriptor).size }
  try {
    const last = Buffer.alloc(1)
    if (open.bytes > 0 && readSync(descriptor, last, 0, 1, open.bytes - 1) === 1 && last[0] !== newline) {
      append(open, Buffer.from('\n'))
    }
  } catch (error) {
    attempt(() => closeSync(descriptor))
    throw error
  }
  return open
}

function append(open: OpenFile, bytes: Buffer): void {
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(open.descriptor, bytes, written)
  } catch (error) {
    if (written > 0) attempt(() => ftruncateSync(open.descriptor, open.bytes))
    throw error
  }
  open.bytes += written
}

/** file.2 → file.3, file.1 → file.2, file → file.1, up to the first number that is free; what is older than `keep` is deleted. */
function shift(file: string, keep: number): void {
  if (keep === 0) return rmSync(file, { force: true })
  let free = 1
  while (free < keep && existsSync(`${file}.${free}`)) free += 1
  rmSync(`${file}.${free}`, { force: true })
  for (let number = free - 1; number >= 1; number -= 1) renameSync(`${file}.${number}`, `${file}.${number + 1}`)
  renameSync(file, `${file}.1`)
}

function attempt(act: () => void): void {
  try {
    act()
  } catch {
    // It was closed, or its disk is gone: nothing is left to save.
  }
}
