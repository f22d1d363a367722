/** The relay's own key pair: made at the first start, kept in the state folder, never sent anywhere. Its fingerprint is what a person approves. */
import { chmod, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { newKeyPair, signerFrom, type Signer } from '../protocol/signing.ts'

export const keyFileName = 'relay.key.json'
export const publicFileName = 'relay.json'

const keyFileContent = z.object({ privateKey: z.string() })

/**
 * The signer of this relay. Makes the key when there is none; an existing file that cannot be used is an error and stays as it is, because a
 * new key means a new approval. relay.json beside it holds what may be shown: connector, public key, fingerprint.
 */
export async function loadRelayKey(stateDir: string, connectorId: string): Promise<Signer> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const keyFile = path.join(stateDir, keyFileName)
  const signer = (await readKey(keyFile)) ?? (await makeKey(keyFile))
  const shown = { connectorId, publicKey: signer.publicKey, fingerprint: signer.fingerprint }
  await writeWhole(path.join(stateDir, publicFileName), `${JSON.stringify(shown, null, 2)}\n`)
  return signer
}

async function readKey(file: string): Promise<Signer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`the relay's key file ${file} cannot be read; give this account the right to read it`, {
      cause: error,
    })
  }
  await checkMode(file)
  try {
    return signerFrom(keyFileContent.parse(JSON.parse(text)).privateKey)
  } catch (cause) {
    const remedy = 'restore it from a backup, or move it away and approve the new fingerprint'
    throw new Error(`the relay's key file ${file} holds no usable key; ${remedy}`, { cause })
  }
}

/** Windows has no such bits: there the folder's access list protects the file. */
async function checkMode(file: string): Promise<void> {
  if (process.platform === 'win32') return
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8)
    throw new Error(`the relay's key file ${file} has mode ${octal}, so others may have read it; set 600 (chmod 600)`)
  }
}

async function makeKey(file: string): Promise<Signer> {
  const pair = newKeyPair()
  await writeWhole(file, `${JSON.stringify(pair, null, 2)}\n`)
  return signerFrom(pair.privateKey)
}

/** Whole or not at all: written beside and renamed, readable by this account only. */
async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.new`
  await writeFile(beside, text, { mode: 0o600 })
  await chmod(beside, 0o600)
  const handle = await open(beside, 'r+')
  await handle.sync()
  await handle.close()
  await rename(beside, file)
}
