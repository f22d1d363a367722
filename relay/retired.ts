/**
 * The end of a relay: its connector was retired. The cloud side's word is kept in the state folder, so that it holds after a restart, until somebody joins
 * the relay again.
 */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Logger } from 'pino'
import * as z from 'zod'
import type { Retired } from '../protocol/messages.ts'
import { readIfThere } from './readIfThere.ts'
import { writeWhole } from './writeWhole.ts'

export const retirementFileName = 'retired.json'

const content = z.object({ connectorId: z.string(), by: z.string().nullable(), at: z.string() })
/** `by`: the connector that took this one's place; null: an administrator retired it. */
export type Retirement = z.infer<typeof content>

/** Whether this relay was retired; null: no. A file of a connector that this relay does not serve any more says nothing. Throws on an unreadable one. */
export async function readRetirement(stateDir: string, connectorId: string): Promise<Retirement | null> {
  const file = path.join(stateDir, retirementFileName)
  const text = await readIfThere(file)
  if (text === null) return null
  const retirement = parse(text, file)
  return retirement.connectorId === connectorId ? retirement : null
}

/** For `join`: from here on this relay may work again. */
export async function forgetRetirement(stateDir: string): Promise<void> {
  await rm(path.join(stateDir, retirementFileName), { force: true })
}

/** For people: run, status, and refusals. */
export function retirementText({ connectorId, by, at }: Retirement): string {
  const what = by === null ? `connector ${connectorId} was retired` : `replaced by connector ${by}`
  return `${what} on ${at.slice(0, 10)}; join again to use this relay`
}

/** Takes the message once, whoever brings it; what is asked of it afterwards is refused. */
export class RetiredState {
  private readonly stateDir: string
  private readonly log: Logger
  private taken: Retirement | null = null
  private keeping: Promise<boolean> | undefined
  private resolve: (retirement: Retirement) => void = () => {}
  /** Resolves when this relay is retired and that is written down, or could not be. */
  readonly done: Promise<Retirement>

  constructor(stateDir: string, log: Logger) {
    this.stateDir = stateDir
    this.log = log
    this.done = new Promise((resolve) => (this.resolve = resolve))
  }

  /** From the moment the message came, whether or not it is written down. */
  get current(): Retirement | null {
    return this.taken
  }

  /** True when it is written down: only then is it confirmed, so that the cloud side tells a relay again that could not keep it. */
  async take({ connectorId, by, at }: Retired): Promise<boolean> {
    this.taken ??= { connectorId, by, at }
    this.keeping ??= this.keep(this.taken)
    return this.keeping
  }

  private async keep(retirement: Retirement): Promise<boolean> {
    this.log.warn({ event: 'relay.retired', by: retirement.by })
    try {
      await writeWhole(path.join(this.stateDir, retirementFileName), `${JSON.stringify(retirement, null, 2)}\n`)
      return true
    } catch (error) {
      this.log.error({ event: 'relay.retired.notKept', err: error })
      return false
    } finally {
      this.resolve(retirement)
    }
  }
}

function parse(text: string, file: string): Retirement {
  try {
    return content.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${file} holds no retirement; join this relay again`, { cause })
  }
}
