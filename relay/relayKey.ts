/** The relay's own key pair: made at the first start, kept in the state folder, never sent anywhere. Its fingerprint is what a person approves. */
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { newKeyPair, signerFrom, type Signer } from '../protocol/signing.ts'
import type { Vault } from './openSecrets.ts'
import { readIfThere } from './readIfThere.ts'
import { noVault } from './vault.ts'
import { writeWhole } from './writeWhole.ts'

export const keyFileName = 'relay.key.json'
export const publicFileName = 'relay.json'

/** `protection` is for whoever looks at the file: what keeps others from the key. */
const plainFile = z.object({ privateKey: z.string() })
const protectedFile = z.object({ protected: z.string() })

/**
 * The signer of this relay. Makes the key when there is none; an existing file that cannot be used is an error and stays as it is, because a
 * new key means a new approval. On Windows the private key is in the vault's cipher text; elsewhere only this account may read the file.
 * relay.json beside it holds what may be shown: connector, public key, fingerprint. Throws an Error that says what to do.
 */
export async function loadRelayKey(stateDir: string, connectorId: string, vault: Vault = noVault): Promise<Signer> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const keyFile = path.join(stateDir, keyFileName)
  const signer = (await readKey(keyFile, vault)) ?? (await makeKey(keyFile, vault))
  const shown = { connectorId, publicKey: signer.publicKey, fingerprint: signer.fingerprint }
  await writeWhole(path.join(stateDir, publicFileName), `${JSON.stringify(shown, null, 2)}\n`)
  return signer
}

/** Undefined: there is no such file. Throws an Error that says what to do. */
export async function readKey(file: string, vault: Vault): Promise<Signer | undefined> {
  const text = await readIfThere(file, `the relay's key file ${file}`)
  if (text === null) return undefined
  if (vault === noVault) await checkMode(file)
  const privateKey = await privateKeyOf(parseJson(text), file, vault)
  try {
    return signerFrom(privateKey)
  } catch (cause) {
    throw new Error(unusable(file), { cause })
  }
}

/*
 *                   | with DPAPI                                        | elsewhere
 * protected key     | opened                                            | refused: it came from a Windows computer
 * key in clear      | refused: whoever could write it may have kept it  | taken
 */
async function privateKeyOf(content: unknown, file: string, vault: Vault): Promise<string> {
  const stored = protectedFile.safeParse(content)
  if (stored.success) {
    return vault.open(stored.data.protected).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`the relay's key file ${file} cannot be opened: ${why}; or ${remedy}`, { cause })
    })
  }
  const plain = plainFile.safeParse(content)
  if (!plain.success) throw new Error(unusable(file), { cause: plain.error })
  if (vault !== noVault) throw new Error(`the relay's key file ${file} is not protected by DPAPI; ${remedy}`)
  return plain.data.privateKey
}

const remedy = 'move it away and approve the fingerprint of the key that is made then'

function unusable(file: string): string {
  return `the relay's key file ${file} holds no usable key; restore it from a backup, or ${remedy}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function checkMode(file: string): Promise<void> {
  // Windows has no such bits.
  if (process.platform === 'win32') return
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8)
    throw new Error(`the relay's key file ${file} has mode ${octal}, so others may have read it; set 600 (chmod 600)`)
  }
}

async function makeKey(file: string, vault: Vault): Promise<Signer> {
  const { publicKey, privateKey } = newKeyPair()
  const content =
    vault === noVault
      ? { protection: 'file mode 600', publicKey, privateKey }
      : { protection: 'DPAPI', publicKey, protected: await vault.protect(privateKey) }
  await writeWhole(file, `${JSON.stringify(content, null, 2)}\n`)
  return signerFrom(privateKey)
}
