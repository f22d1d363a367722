// Where the heads of the audit are anchored: written once, and unchangeable for the retention time, for the app and for administrators alike.
// An account of its own: in the app's account its role for the Functions host would reach these blobs.
param name string
param location string
param tags object
param sku string
param allowPublicNetwork bool
param retentionDays int
param policyLocked bool
param principalId string

var grants = [
  { role: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe', reason: 'Storage Blob Data Contributor on this container only: the app writes one anchor a day. The retention policy keeps it from changing one.' }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  kind: 'StorageV2'
  properties: {
    accessTier: 'Cool'
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

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'audit-anchors'
  properties: { publicAccess: 'None' }
}

// Time-based retention. Unlocked it can be shortened or removed by whoever may change the account, so a person locks it (docs/deploy.md)
resource retention 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = if (!policyLocked) {
  parent: container
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: retentionDays
    allowProtectedAppendWrites: false
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(container.id, principalId, grant.role)
  scope: container
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: grant.reason
  }
}]

output id string = account.id
output containerUrl string = '${account.properties.primaryEndpoints.blob}${container.name}'
