// Keeps the signing key, as a secret: Key Vault has no Ed25519 key type. infra/scripts/makeSigningKey.mjs makes it, so no template and no output holds it.
param name string
param location string
param tags object
param allowPublicNetwork bool
param workspaceId string
param principalId string

var signingKeyName = 'easgate-signing-key'

var grants = [
  { role: '4633458b-17de-408a-b874-0445c86b69e6', reason: 'Key Vault Secrets User: the app setting EASGATE_SIGNING_KEY is a reference that the platform reads as this identity.' }
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: allowPublicNetwork ? 'enabled' : 'disabled'
    networkAcls: {
      defaultAction: allowPublicNetwork ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(vault.id, principalId, grant.role)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: grant.reason
  }
}]

// Who read the key, and when
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'AuditEvent', enabled: true }
    ]
  }
}

output id string = vault.id
output name string = vault.name
// Without a version: a new version of the secret counts without a new deployment
output signingKeyUri string = '${vault.properties.vaultUri}secrets/${signingKeyName}'
