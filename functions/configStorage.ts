/** The storage account in the app settings: the one the Functions host itself uses, by connection string or by identity. */
import { readSecret, setting, type Complain, type Environment } from './configSetting.ts'
import { endpointProblem } from './configEndpoint.ts'

export type StorageConfig =
  | { readonly connectionString: string }
  /** URLs without a final slash; the app signs in with its managed identity. */
  | { readonly tableUri: string; readonly queueUri: string }

/*
 * AzureWebJobsStorage            | a connection string                         | wins where both are set, as in the host
 * AzureWebJobsStorage__accountName                                             | https://NAME.{table,queue}.core.windows.net
 * AzureWebJobsStorage__tableServiceUri and AzureWebJobsStorage__queueServiceUri | as given: other clouds, private endpoints
 */
const name = 'AzureWebJobsStorage'
const remedy = `set ${name} to a connection string, or for an identity ${name}__accountName or ${name}__tableServiceUri and ${name}__queueServiceUri`

export function readStorage(env: Environment, complain: Complain): StorageConfig | null {
  const account = setting(env, `${name}__accountName`)
  const tableUri = setting(env, `${name}__tableServiceUri`)
  const queueUri = setting(env, `${name}__queueServiceUri`)
  if (setting(env, name) !== undefined) return readConnectionString(env, complain)
  if (tableUri !== undefined || queueUri !== undefined) return readUris(tableUri, queueUri, complain)
  if (account !== undefined) return fromAccount(account, complain)
  complain(name, 'is missing', remedy)
  return null
}

function readConnectionString(env: Environment, complain: Complain): StorageConfig | null {
  const connectionString = readSecret(env, name, remedy, complain)
  if (connectionString === null) return null
  if (/^UseDevelopmentStorage=true;?$/i.test(connectionString)) return { connectionString }
  const parts = new Set(connectionString.split(';').map((part) => part.split('=')[0]?.trim().toLowerCase()))
  // What the clients for tables and queues read: an account with its key, or a signature with the address of each service.
  const byKey = ['defaultendpointsprotocol', 'accountname', 'accountkey']
  const bySignature = ['tableendpoint', 'queueendpoint', 'sharedaccesssignature']
  if ([byKey, bySignature].some((needed) => needed.every((part) => parts.has(part)))) return { connectionString }
  complain(name, 'is not a storage connection string with DefaultEndpointsProtocol, AccountName and AccountKey', remedy)
  return null
}

function readUris(table: string | undefined, queue: string | undefined, complain: Complain): StorageConfig | null {
  const tableUri = readUri(`${name}__tableServiceUri`, table, complain)
  const queueUri = readUri(`${name}__queueServiceUri`, queue, complain)
  return tableUri === null || queueUri === null ? null : { tableUri, queueUri }
}

function readUri(uriName: string, text: string | undefined, complain: Complain): string | null {
  const problem = text === undefined ? 'is missing' : endpointProblem(text, 'https:', 'http:')
  if (text !== undefined && problem === null) return text.replace(/\/+$/, '')
  complain(uriName, problem ?? 'is missing', 'set it to the address of that service of the storage account, https://…')
  return null
}

function fromAccount(account: string, complain: Complain): StorageConfig | null {
  if (/^[a-z0-9]{3,24}$/.test(account)) {
    const uri = (service: string) => `https://${account}.${service}.core.windows.net`
    return { tableUri: uri('table'), queueUri: uri('queue') }
  }
  complain(
    `${name}__accountName`,
    'is not 3 to 24 lower-case letters and digits',
    'set it to the name of the storage account',
  )
  return null
}
