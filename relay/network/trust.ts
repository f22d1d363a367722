/** The certificate authorities that the relay trusts: those that Node knows, and a private one if the configuration names its file. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import { ConfigError } from '../config.ts'

/** Shared by every dial: reading 150 authorities takes a few milliseconds and some memory. Throws a ConfigError that names the file. */
export function trustWith(caFile: string): tls.SecureContext {
  return tls.createSecureContext({ ca: [...known(), ...privateAuthorities(caFile)] })
}

/** The certificates in a PEM file. Throws a ConfigError that names the file. */
export function privateAuthorities(caFile: string): string[] {
  const content = contentOf(caFile)
  const blocks = content.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new ConfigError(caFile, [`it holds no certificate in PEM; ${remedyFor(content)}`])
  return blocks.map((block, index) => {
    if (asCertificate(block) !== undefined) return block
    throw new ConfigError(caFile, [`certificate ${index + 1} of ${blocks.length} in it is damaged; export it anew`])
  })
}

function contentOf(caFile: string): Buffer {
  try {
    return readFileSync(caFile)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(caFile, [
      `it cannot be read (${reason}); check rendezvous.caFile, or give this account the right to read it`,
    ])
  }
}

function remedyFor(content: Buffer): string {
  if (asCertificate(content) !== undefined) {
    return 'it is a certificate in binary (DER): convert it with certutil -encode <this file> <new file>'
  }
  return 'rendezvous.caFile must name the certificate of your authority, exported as "Base-64 encoded X.509"'
}

function asCertificate(content: Buffer | string): X509Certificate | undefined {
  try {
    return new X509Certificate(content)
  } catch {
    return undefined
  }
}

/** What Node trusts by itself, NODE_EXTRA_CA_CERTS and --use-system-ca included; Node 20 cannot tell, so there the variable is read here. */
function known(): readonly string[] {
  if ('getCACertificates' in tls && typeof tls.getCACertificates === 'function') {
    return tls.getCACertificates('default') as string[]
  }
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  return extra === undefined || extra === '' ? tls.rootCertificates : [...tls.rootCertificates, ...extraOf(extra)]
}

/** Node only warns of a file that it cannot use; so do we nothing about it. */
function extraOf(file: string): string[] {
  try {
    return privateAuthorities(file)
  } catch {
    return []
  }
}
