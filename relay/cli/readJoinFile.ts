/** The join file, checked: it comes from elsewhere, and what it names is where this network will be connected to. */
import { readFile, stat } from 'node:fs/promises'
import type * as z from 'zod'
import { joinFile, joinFileLimit, type JoinFile } from '../../protocol/joinFile.ts'
import { CommandFailure } from './output.ts'
import { whyUnreadable } from './whyUnreadable.ts'

/** Domains of Azure Relay: worldwide, US government, China. */
export const relayDomains = ['servicebus.windows.net', 'servicebus.usgovcloudapi.net', 'servicebus.chinacloudapi.cn']

const remedy = "take it again from the connector's page in easgate"

/** Throws a CommandFailure. No message shows a value: one of them is a secret. */
export async function readJoinFile(file: string): Promise<JoinFile> {
  const text = await readText(file)
  const result = joinFile.safeParse(parseJson(text.replace(/^\uFEFF/, ''), file))
  if (result.success) return result.data
  throw new CommandFailure(`${file} is not a join file that can be used; ${remedy}:\n${problems(result.error)}`)
}

/** Throws a CommandFailure when the rendezvous is not where Azure Relay is; `suffix` allows one more domain. */
export function checkHost(address: string, suffix: string | undefined): void {
  const { hostname } = new URL(address)
  const domains = [...relayDomains, ...(suffix === undefined ? [] : [suffix.toLowerCase().replace(/^\./, '')])]
  if (domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))) return
  throw new CommandFailure(
    `The join file leads to ${hostname}, which is not a host of Azure Relay (*.${relayDomains[0]}). If it is right, add --allow-host-suffix with its domain.`,
  )
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > joinFileLimit) throw new CommandFailure(`${file} is no join file: it has ${size} bytes; ${remedy}`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    throw new CommandFailure(`The join file cannot be read: ${whyUnreadable(error, file)}; or ${remedy}`, {
      cause: error,
    })
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFailure(`${file} is not JSON, so it is no join file; ${remedy}`)
  }
}

function problems(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `- ${path.join('.') || 'the file'}: ${message}`).join('\n')
}
