/** The configuration file as the set-up commands read, check and write it. */
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkDraft, ConfigError, parseDraft, type ConfigDraft } from '../config.ts'
import { writeWhole } from '../writeWhole.ts'

/** Empty when there is no file yet. Throws a ConfigError when what is in it is wrong: then a person has to look, and nothing is written over it. */
export async function readDraft(file: string): Promise<ConfigDraft> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new ConfigError(file, [`it cannot be read (${error instanceof Error ? error.message : 'unknown reason'})`])
  }
  return parseDraft(content, file)
}

/** Whole or not at all. It holds no secret, so it may be read; who may write it, the folder says. Throws a ConfigError before anything is written. */
export async function writeDraft(draft: ConfigDraft, file: string): Promise<void> {
  checkDraft(draft, file)
  await mkdir(path.dirname(file), { recursive: true })
  await writeWhole(file, `${JSON.stringify(draft, null, 2)}\n`, 0o644)
}

/** What is still to be done before the relay can run, in order. */
export function nextSteps(draft: ConfigDraft): string[] {
  const steps: string[] = []
  if (!draft.connectorId || !draft.rendezvous || !draft.cloudKeys) steps.push('easgate-relay join <join file>')
  if (!draft.connection?.server) steps.push('easgate-relay configure')
  return [...steps, 'easgate-relay check', 'easgate-relay install']
}
