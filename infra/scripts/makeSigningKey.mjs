// Makes the signing key in Key Vault if it is not there yet; run after the infrastructure, by azd or by hand. The key is on no screen, in no
// template and on no command line. It goes through Azure Resource Manager, so it also works where the vault is reached from its own network only.
import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

const secretName = 'easgate-signing-key'
const help = `node infra/scripts/makeSigningKey.mjs [--subscription ID] [--resource-group NAME] [--vault NAME] [--function-app NAME]

Needs the Azure CLI, signed in (az login), and the role Contributor on the resource group. Run by azd, it takes the names from azd's environment.
Does nothing when the secret ${secretName} is there already. To replace a key: SECURITY.md.`

const { values } = parseArgs({
  options: {
    subscription: { type: 'string', default: process.env.AZURE_SUBSCRIPTION_ID },
    'resource-group': { type: 'string', default: process.env.AZURE_RESOURCE_GROUP },
    vault: { type: 'string', default: process.env.AZURE_KEY_VAULT_NAME },
    'function-app': { type: 'string', default: process.env.AZURE_FUNCTION_APP_NAME },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(`${help}\n`)
else main()

function main() {
  const { subscription, vault } = values
  const missing = Object.entries({
    subscription,
    'resource-group': values['resource-group'],
    vault,
    'function-app': values['function-app'],
  })
    .filter(([, value]) => !value)
    .map(([name]) => `--${name}`)
  if (missing.length > 0) return fail(`Missing: ${missing.join(', ')}.\n\n${help}`, 2)
  const group = `/subscriptions/${subscription}/resourceGroups/${values['resource-group']}/providers`
  const secret = `${group}/Microsoft.KeyVault/vaults/${vault}/secrets/${secretName}?api-version=2024-11-01`
  const existing = azRest('get', secret)
  if (existing.status === 0) return tell(`The signing key is in ${vault} already; it stays as it is.`)
  if (!/not ?found/i.test(existing.stderr))
    return fail(`Key Vault ${vault} could not be asked: ${existing.stderr.trim()}`)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const value = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  const put = azRest('put', secret, { properties: { value, contentType: 'Ed25519 private key, PKCS#8 DER, base64' } })
  if (put.status !== 0) return fail(`The signing key could not be written to ${vault}: ${put.stderr.trim()}`)
  const fingerprint = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')
  tell(`A signing key was made in ${vault}. Fingerprint of its public half: ${fingerprint}`)
  // Otherwise the app learns of the secret up to 24 hours later
  const site = `${group}/Microsoft.Web/sites/${values['function-app']}/config/configreferences/appsettings/refresh?api-version=2022-03-01`
  const refresh = azRest('post', site)
  if (refresh.status !== 0)
    fail(`The app could not be told: ${refresh.stderr.trim()}\nRestart the function app, so that it reads the key.`)
}

/** A path that begins with a slash is asked of the Resource Manager of the cloud that az is signed in to. The body goes by a file that only we can read. */
function azRest(method, url, body) {
  const folder = mkdtempSync(path.join(tmpdir(), 'easgate-'))
  try {
    if (body) writeFileSync(path.join(folder, 'body.json'), JSON.stringify(body), { mode: 0o600 })
    const args = [
      'rest',
      '--method',
      method,
      '--url',
      url,
      '--output',
      'none',
      ...(body ? ['--body', '@body.json'] : []),
    ]
    // az is a batch file on Windows; no argument has a space or a character that cmd reads
    const { status, stderr, error } = spawnSync('az', args, {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    return {
      status: error ? 1 : status,
      stderr: error ? `the Azure CLI (az) cannot be started: ${error.message}` : stderr,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tell(text) {
  process.stdout.write(`${text}\n`)
}

function fail(text, code = 1) {
  process.stderr.write(`${text}\n`)
  process.exitCode = code
}
