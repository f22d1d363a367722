// Everything easgate needs in one resource group, without a key in any setting. docs/deploy.md says how to deploy it and what each parameter is for.
targetScope = 'resourceGroup'

@description('An Exchange organization. The id is part of table keys, routes and signed messages, and names the hybrid connection: it never changes.')
type connector = {
  @minLength(1)
  @maxLength(64)
  id: string
  @description('For people.')
  name: string
}

@description('Part of every resource name: lower-case letters and digits.')
@minLength(2)
@maxLength(8)
param workload string = 'easgate'

@description('Name of the azd environment, or any name of yours, such as prod. Part of every resource name.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region. It must offer the Flex Consumption plan.')
param location string = resourceGroup().location

@description('Put on every resource, beside those that easgate sets.')
param tags object = {}

@description('The Exchange organizations to serve, one hybrid connection each.')
@minLength(1)
param connectors connector[]

@description('Who is told when an alert fires. Without an address the alerts show in the portal only.')
param alertEmails string[] = []

@description('How people sign in. create: this deployment makes the app registration (it needs the Graph permissions of docs/deploy.md). existing: you made it, and clientId names it.')
@allowed(['create', 'existing'])
param appRegistration string = 'create'

@description('Application (client) id of your own app registration; for appRegistration existing.')
param clientId string = ''

@description('true: this deployment grants the Graph permissions itself (needs Privileged Role Administrator). false: run infra/scripts/Grant-GraphPermissions.ps1 afterwards.')
param grantGraphPermissions bool = false

@description('true: whoever is not signed in is sent to Entra ID, at every address. false: the activation page alone does that; everything else answers 401.')
param browserSignIn bool = false

@description('true only where built-in authentication is on and the app still answers that nobody can sign in: the plan then does not say so by WEBSITE_AUTH_ENABLED.')
param stateBuiltInAuthentication bool = false

@description('Where people reach the app, such as https://easgate.contoso.com, when it has a domain of its own: the links in mails lead there. Without: its name in azurewebsites.net.')
param publicUrl string = ''

@description('How an activation proves which device a person signs in from (docs/activation.md).')
@allowed(['deviceClaim', 'signInLog', 'compliantOnly'])
param deviceProof string = 'deviceClaim'

@description('Storage and Key Vault behind private endpoints, the app in a virtual network.')
param privateNetwork bool = false

@description('Address space of that virtual network, /24 or larger.')
param networkPrefix string = '10.90.0.0/24'

@description('With privateNetwork: Azure Relay behind a private endpoint, too. Only where the relays reach this network by VPN or ExpressRoute.')
param privateRelay bool = false

@description('When the full sync starts, NCRONTAB in UTC with seconds first.')
param fullSyncSchedule string = '0 0 2 * * *'

@description('When the quick sync starts.')
param quickSyncSchedule string = '0 * * * * *'

@description('App settings of README.md beside those that the parameters make, such as EASGATE_DEVICE_PROOF. What was set by hand is gone after a deployment.')
param otherAppSettings object = {}

@description('Redundancy of both storage accounts. ZRS where the region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('How long nobody can change or delete an audit anchor.')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int = 2557

@description('true once the retention policy has been locked (docs/deploy.md): a locked one is not written again.')
param auditPolicyLocked bool = false

// Names: Cloud Adoption Framework abbreviations. It has none for Azure Relay; relay is used.
var token = take(uniqueString(resourceGroup().id, environmentName), 8)
var stem = '${workload}-${token}'
var compactStem = '${workload}${token}'
var appHost = 'func-${stem}.azurewebsites.net'
var publicOrigin = empty(publicUrl) ? 'https://${appHost}' : publicUrl
var allTags = union(tags, { application: 'easgate', 'azd-env-name': environmentName })

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-${stem}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    workspaceName: 'log-${stem}'
    componentName: 'appi-${stem}'
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${compactStem}'
    location: location
    tags: allTags
    sku: storageSku
    allowPublicNetwork: !privateNetwork
    principalId: identity.outputs.principalId
  }
}

module auditArchive 'modules/auditArchive.bicep' = {
  name: 'auditArchive'
  params: {
    name: 'st${compactStem}aud'
    location: location
    tags: allTags
    sku: storageSku
    allowPublicNetwork: !privateNetwork
    retentionDays: auditRetentionDays
    policyLocked: auditPolicyLocked
    principalId: identity.outputs.principalId
  }
}

module keyVault 'modules/keyVault.bicep' = {
  name: 'keyVault'
  params: {
    name: 'kv-${stem}'
    location: location
    tags: allTags
    allowPublicNetwork: !privateNetwork
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
  }
}

module relay 'modules/relay.bicep' = {
  name: 'relay'
  params: {
    name: 'relay-${stem}'
    location: location
    tags: allTags
    hybridConnectionNames: map(connectors, one => one.id)
    allowPublicNetwork: !(privateNetwork && privateRelay)
    principalId: identity.outputs.principalId
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: {
    name: 'vnet-${stem}'
    stem: stem
    location: location
    tags: allTags
    prefix: networkPrefix
  }
}

module privateEndpoints 'modules/privateEndpoints.bicep' = if (privateNetwork) {
  name: 'privateEndpoints'
  params: {
    stem: stem
    location: location
    tags: allTags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointSubnetId
    storageId: storage.outputs.id
    auditArchiveId: auditArchive.outputs.id
    keyVaultId: keyVault.outputs.id
    relayId: relay.outputs.id
    includeRelay: privateRelay
  }
}

module registration 'modules/appRegistration.bicep' = if (appRegistration == 'create') {
  name: 'appRegistration'
  params: {
    uniqueName: stem
    appHost: appHost
    publicUrl: publicOrigin
    identityPrincipalId: identity.outputs.principalId
  }
}

var signInClientId = appRegistration == 'create' ? registration!.outputs.clientId : clientId

module functionApp 'modules/functionApp.bicep' = {
  name: 'functionApp'
  params: {
    name: 'func-${stem}'
    planName: 'asp-${stem}'
    location: location
    tags: allTags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    signingKeyUri: keyVault.outputs.signingKeyUri
    anchorContainerUrl: auditArchive.outputs.containerUrl
    insightsName: monitoring.outputs.componentName
    relayHost: relay.outputs.host
    connectors: connectors
    fullSyncSchedule: fullSyncSchedule
    quickSyncSchedule: quickSyncSchedule
    publicUrl: publicOrigin
    deviceProof: deviceProof
    stateBuiltInAuthentication: stateBuiltInAuthentication
    otherAppSettings: otherAppSettings
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
  }
  // The host reads its storage and Key Vault at its first start; through the private endpoints where there are some
  dependsOn: [privateEndpoints]
}

module authentication 'modules/authentication.bicep' = {
  name: 'authentication'
  params: {
    functionAppName: functionApp.outputs.name
    clientId: signInClientId
    browserSignIn: browserSignIn
  }
}

module graphPermissions 'modules/graphPermissions.bicep' = if (grantGraphPermissions) {
  name: 'graphPermissions'
  params: {
    principalId: identity.outputs.principalId
    includeSignInLog: deviceProof == 'signInLog'
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    stem: stem
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    connectorIds: map(connectors, one => one.id)
    emails: alertEmails
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

// azd keeps these in its environment; infra/scripts read them there. None is a secret.
output AZURE_RESOURCE_GROUP string = resourceGroup().name
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
output AZURE_FUNCTION_APP_HOST string = functionApp.outputs.host
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name
output AZURE_RELAY_NAME string = relay.outputs.name
output AZURE_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output AZURE_SIGN_IN_CLIENT_ID string = signInClientId
output AZURE_AUDIT_CONTAINER_URL string = auditArchive.outputs.containerUrl
