// The values of one environment. Copy it for a second one. azd puts AZURE_ENV_NAME and AZURE_LOCATION there; by hand, the defaults count.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')

// The id is for ever, and it is what people see in routes; the name is for people
param connectors = [
  { id: 'contoso', name: 'Contoso' }
]

param alertEmails = []

// 'existing' and a clientId where you may not create app registrations by Bicep (docs/deploy.md)
param appRegistration = readEnvironmentVariable('EASGATE_APP_REGISTRATION', 'create')
param clientId = readEnvironmentVariable('EASGATE_CLIENT_ID', '')

// 'true' where you are a Privileged Role Administrator; otherwise somebody who is runs infra/scripts/Grant-GraphPermissions.ps1
param grantGraphPermissions = bool(readEnvironmentVariable('EASGATE_GRANT_GRAPH', 'false'))
