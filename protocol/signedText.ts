/** Short texts signed for one purpose, as links, forms and cookies carry them. Never a batch: what is signed begins with the purpose, a batch with `{`. */
import { createPublicKey, verify } from 'node:crypto'
import type { Signer } from './signing.ts'

export interface TextSigner {
  /** `TEXT.SIGNATURE`, both in base64url: fits an address as it is. */
  sign(text: string): string
  /** The text when this key signed it for this purpose; else null. */
  open(signed: string): string | null
}

/** Far above the longest text of ours; longer ones are not looked at. */
const maxChars = 8192

/** `purpose`: what the text is for, in words without a line break; a text signed for another purpose does not open. */
export function textSigner(signer: Signer, purpose: string): TextSigner {
  const prefix = `easgate: ${purpose}\n`
  const key = createPublicKey({ key: Buffer.from(signer.publicKey, 'base64'), type: 'spki', format: 'der' })
  return {
    sign(text) {
      const signature = Buffer.from(signer.sign(prefix + text), 'base64')
      return `${Buffer.from(text, 'utf8').toString('base64url')}.${signature.toString('base64url')}`
    },
    open(signed) {
      const [, body, signature] = /^([\w-]+)\.([\w-]{86})$/.exec(signed) ?? []
      if (signed.length > maxChars || body === undefined || signature === undefined) return null
      const text = Buffer.from(body, 'base64url').toString('utf8')
      const isOurs = verify(null, Buffer.from(prefix + text, 'utf8'), key, Buffer.from(signature, 'base64url'))
      return isOurs ? text : null
    },
  }
}
