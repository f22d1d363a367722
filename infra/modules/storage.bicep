// The storage account of app and Functions host: tables, the step queue, the deployment package. No account key works.
param name string
param location string
param tags object
param sku string
param allowPublicNetwork bool
param principalId string

var deploymentContainerName = 'deployment'

// For the host, Microsoft documents Blob Data Owner for AzureWebJobsStorage and nothing narrower. The anchors of the audit lie in another account.
var grants = [
  { role: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', reason: 'Storage Blob Data Owner: the Functions host keeps locks, timer states and keys in blobs, and loads the deployment package.' }
  { role: '974c5e8b-45b9-4653-ba55-5f855dd0fb88', reason: 'Storage Queue Data Contributor: the steps of a run are messages; the app makes, sends, reads and deletes them.' }
  { role: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', reason: 'Storage Table Data Contributor: the app makes its tables and keeps its state in them.' }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  kind: 'StorageV2'
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: allowPublicNetwork ? 'Enabled' : 'Disabled'
    networkAcls: {
      defaultAction: allowPublicNetwork ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource deployment 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: deploymentContainerName
  properties: { publicAccess: 'None' }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(account.id, principalId, grant.role)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: grant.reason
  }
}]

output id string = account.id
output deploymentContainerUrl string = '${account.properties.primaryEndpoints.blob}${deployment.name}'
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
