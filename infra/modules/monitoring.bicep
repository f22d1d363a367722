// Log Analytics, and Application Insights on it. Telemetry comes in by Entra ID only: nobody writes into the log with the connection string alone.
param workspaceName string
param componentName string
param location string
param tags object
param retentionDays int
param principalId string

var grants = [
  { role: '3913510d-42f4-4e42-8a64-420c390055eb', reason: 'Monitoring Metrics Publisher: the app sends its telemetry as this identity.' }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for grant in grants: {
  name: guid(component.id, principalId, grant.role)
  scope: component
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: grant.reason
  }
}]

output workspaceId string = workspace.id
output componentName string = component.name
