/** `join`: takes the join file of a connector, makes the relay's own key, and says what has to be approved. Nothing runs before that. */
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import type { JoinFile } from '../../protocol/joinFile.ts'
import type { Signer } from '../../protocol/signing.ts'
import type { ConfigDraft } from '../config.ts'
import type { SecretReference } from '../configSchema.ts'
import type { Vault } from '../openSecrets.ts'
import { loadRelayKey } from '../relayKey.ts'
import { forgetRetirement } from '../retired.ts'
import { defaultConfigFile, defaultStateDir } from './defaults.ts'
import { nextSteps, readDraft, writeDraft } from './draft.ts'
import { CommandFailure, print, UsageError } from './output.ts'
import { checkHost, readJoinFile } from './readJoinFile.ts'
import { readyVault } from './readyVault.ts'
import { askSecret, envGiven, storeSecret, type SecretGiven } from './storeSecret.ts'
import { outputOf, type Surroundings } from './surroundings.ts'

interface JoinOptions {
  readonly config: string
  readonly stateDir?: string
  readonly listenKeyEnv?: string
  readonly serviceAccount?: string
  readonly allowHostSuffix?: string
  readonly replace?: true
  readonly force?: true
  readonly deleteFile?: true
  readonly json?: true
}

const help = `
The listener key comes from the join file, or from --listen-key-env, or is asked for. On Windows it is kept protected by DPAPI; elsewhere the
configuration names the environment variable, and the service must have it.

Example, unattended:
  easgate-relay join contoso.join.json --service-account CONTOSO\\svc-easgate$ --delete-file`

export function joinCommand(here: Surroundings): Command {
  return new Command('join')
    .description('takes the join file of a connector and makes the key of this relay')
    .argument('<file>', 'the join file that easgate handed out')
    .option('--config <file>', 'the configuration to write; what else is in it stays', defaultConfigFile(here))
    .option(
      '--state-dir <folder>',
      `where the relay keeps its own key (default: as before, or ${defaultStateDir(here)})`,
    )
    .option('--listen-key-env <name>', 'environment variable that holds the listener key')
    .option(
      '--service-account <account>',
      'Windows: the account that the relay will run under; only it can open the secrets',
    )
    .option('--allow-host-suffix <domain>', 'accept a rendezvous in this domain, too')
    .option('--replace', 'take the place of the connector that serves this Exchange organization now')
    .option('--force', 'join although the configuration is of another connector')
    .option('--delete-file', 'delete the join file when all is done')
    .option('--json', 'print one JSON object; asks nothing')
    .addHelpText('after', help)
    .action(async (file: string, options: JoinOptions) => join(file, options, here))
}

async function join(file: string, options: JoinOptions, here: Surroundings): Promise<void> {
  const given = options.listenKeyEnv === undefined ? undefined : envGiven('--listen-key-env', options.listenKeyEnv)
  const invitation = await readJoinFile(file)
  checkHost(invitation.rendezvous.address, options.allowHostSuffix)
  const configFile = path.resolve(options.config)
  const draft = await readDraft(configFile)
  checkConnector(draft, invitation, options)
  const key = given ?? (await listenKeyOf(invitation, options.json ? { ...here, asker: undefined } : here))
  const stateDir = stateDirOf(draft, configFile, options, here)
  checkStateDir(draft, stateDir, configFile)
  const { vault, notes } = await readyVault({ configFile, stateDir, serviceAccount: options.serviceAccount }, here)
  const reference = await storeSecret(key, '--listen-key-env', { vault, env: here.env })
  const { fingerprint, publicKey } = await makeKey(stateDir, invitation.connectorId, vault)
  const joined = joinedDraft(draft, invitation, { reference, stateDir, options })
  await writeDraft(joined, configFile)
  await forgetRetirement(stateDir)
  if (options.deleteFile) await rm(file)
  const { connectorId, rendezvous } = invitation
  const done = { connectorId, config: configFile, address: rendezvous.address, stateDir, fingerprint, publicKey }
  const isKeyInFile = rendezvous.key !== undefined && !options.deleteFile
  const lines = [...toDo(joined, file, { isKeyInFile, reference }), ...notes]
  print(outputOf(here, options), { ...done, joinFileDeleted: options.deleteFile === true, notes: lines }, [
    `Joined connector ${connectorId} at ${rendezvous.address}. Written: ${configFile}`,
    '',
    `Fingerprint of this relay:  ${fingerprint}`,
    '',
    ...lines,
  ])
}

function checkConnector(draft: ConfigDraft, { connectorId }: JoinFile, { config, force }: JoinOptions): void {
  if (force || draft.connectorId === undefined || draft.connectorId === connectorId) return
  throw new CommandFailure(
    `${config} is of connector ${draft.connectorId}, the join file of ${connectorId}. To serve the new one instead, add --force.`,
  )
}

async function listenKeyOf({ rendezvous: { key } }: JoinFile, here: Surroundings): Promise<SecretGiven> {
  const canStore = here.platform === 'win32'
  if (key !== undefined && canStore) return { typed: key }
  if (here.asker) return askSecret({ what: 'the listener key', defaultEnv: 'EASGATE_LISTEN_KEY' }, here)
  const why =
    key === undefined ? 'The join file has no listener key' : 'This system has no DPAPI to keep the listener key'
  throw new UsageError(`${why}: put it into an environment variable and name that with --listen-key-env`)
}

function stateDirOf(draft: ConfigDraft, configFile: string, options: JoinOptions, here: Surroundings): string {
  if (options.stateDir !== undefined) return path.resolve(options.stateDir)
  return path.resolve(path.dirname(configFile), draft.stateDir ?? defaultStateDir(here))
}

/** Secrets of other sections are tied to the folder that they were protected in. */
function checkStateDir(draft: ConfigDraft, stateDir: string, configFile: string): void {
  if (draft.stateDir === undefined || path.resolve(path.dirname(configFile), draft.stateDir) === stateDir) return
  const { connection, mail, proxy } = draft
  if (!JSON.stringify([connection, mail, proxy]).includes('"protected":')) return
  throw new UsageError(
    `--state-dir: the passwords in ${configFile} are tied to ${draft.stateDir}; leave the option out, or join with a new --config and run configure for it`,
  )
}

async function makeKey(stateDir: string, connectorId: string, vault: Vault): Promise<Signer> {
  return loadRelayKey(stateDir, connectorId, vault).catch((cause: unknown) => {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), { cause })
  })
}

interface Found {
  readonly reference: SecretReference
  readonly stateDir: string
  readonly options: JoinOptions
}

/** What belongs to the connector is replaced, the rest stays. `replace` is for one connector only: it does not pass on to the next. */
function joinedDraft(draft: ConfigDraft, invitation: JoinFile, { reference, stateDir, options }: Found): ConfigDraft {
  const { connectorId, cloudKeys, rendezvous } = invitation
  const { replace: before = false, rendezvous: former, ...rest } = draft
  const replace = options.replace ?? (draft.connectorId === connectorId && before)
  const { allowedHostSuffix: _former, ...kept } = former ?? {}
  const { address, keyName } = rendezvous
  const suffix = options.allowHostSuffix
  return {
    ...rest,
    connectorId,
    ...(replace && { replace }),
    rendezvous: {
      ...kept,
      address,
      keyName,
      key: reference,
      ...(suffix !== undefined && { allowedHostSuffix: suffix }),
    },
    cloudKeys,
    stateDir,
  }
}

function toDo(draft: ConfigDraft, file: string, found: { isKeyInFile: boolean; reference: SecretReference }): string[] {
  const { reference } = found
  return [
    "Compare this fingerprint with the one that easgate shows among the connector's relays, and approve it there; until then nothing runs here.",
    ...('env' in reference ? [`The service needs the listener key in its environment variable ${reference.env}.`] : []),
    ...(found.isKeyInFile ? [`Delete ${file}: the listener key is in it.`] : []),
    `Next: ${nextSteps(draft).join(', then ')}.`,
  ]
}
