// The function app: Flex Consumption, Node 22, everything by identity. The app settings are those of the table in README.md, and a few of the platform.
param name string
param planName string
param location string
param tags object
param identityId string
param identityClientId string
param deploymentContainerUrl string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param signingKeyUri string
param anchorContainerUrl string
param insightsName string
param relayHost string
param connectors { id: string, name: string }[]
param fullSyncSchedule string
param quickSyncSchedule string
param publicUrl string
param deviceProof string
param stateBuiltInAuthentication bool
@description('App settings beside those below. The list is written as a whole: one that stands nowhere here is gone after a deployment.')
param otherAppSettings object
param subnetId string

// What functions/configConnectors.ts reads. No key: the app signs in as its identity, and whoever joins a relay gives the key of "listen"
var connectorSettings = [for one in connectors: {
  id: one.id
  name: one.name
  rendezvous: {
    address: 'wss://${relayHost}/$hc/${one.id}'
    listen: { keyName: 'listen' }
  }
}]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Sign-in without a client secret: the app registration trusts this identity
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
  // Nothing of the platform's own for who is not signed in
  AzureWebJobsDisableHomepage: 'true'
  WEBSITE_AUTH_AAD_ALLOWED_TENANTS: tenant().tenantId
  AZURE_CLIENT_ID: identityClientId
  EASGATE_CONNECTORS: string(connectorSettings)
  EASGATE_SIGNING_KEY: '@Microsoft.KeyVault(SecretUri=${signingKeyUri})'
  EASGATE_ANCHOR_CONTAINER: anchorContainerUrl
  FULL_SYNC_SCHEDULE: fullSyncSchedule
  QUICK_SYNC_SCHEDULE: quickSyncSchedule
  EASGATE_PUBLIC_URL: publicUrl
  EASGATE_DEVICE_PROOF: deviceProof
}
var statement = { EASGATE_BUILT_IN_AUTH: 'true' }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // azd finds the service "functions" of azure.yaml by this tag
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'node', version: '22' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(otherAppSettings, settings, stateBuiltInAuthentication ? statement : {})
}

// Code is published with a token of Entra ID, never with a password
resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output name string = app.name
output host string = app.properties.defaultHostName
