// Azure Relay: one hybrid connection for each connector. Relays listen by the rule "listen" of theirs; the app sends as its identity, so there is no rule to send.
param name string
param location string
param tags object
param hybridConnectionNames string[]
param allowPublicNetwork bool
param principalId string

// Of the one role: Azure Relay Sender, on each hybrid connection and not on the namespace
var sender = { role: '26baccc8-eea7-41f1-98f4-1762cc7f685d', reason: 'Azure Relay Sender: the app opens conversations to the relays of this connector. It may not listen in their place.' }

resource namespace 'Microsoft.Relay/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    publicNetworkAccess: allowPublicNetwork ? 'Enabled' : 'Disabled'
  }
}

resource hybridConnections 'Microsoft.Relay/namespaces/hybridConnections@2024-01-01' = [for one in hybridConnectionNames: {
  parent: namespace
  name: one
  properties: { requiresClientAuthorization: true }
}]

resource listenRules 'Microsoft.Relay/namespaces/hybridConnections/authorizationRules@2024-01-01' = [for (one, index) in hybridConnectionNames: {
  parent: hybridConnections[index]
  name: 'listen'
  properties: { rights: ['Listen'] }
}]

resource senderAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (one, index) in hybridConnectionNames: {
  name: guid(namespace.id, one, principalId, sender.role)
  scope: hybridConnections[index]
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sender.role)
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: sender.reason
  }
}]

output id string = namespace.id
output name string = namespace.name
// "https://NAME.servicebus.windows.net:443/", in other clouds another suffix
output host string = split(split(namespace.properties.serviceBusEndpoint, '/')[2], ':')[0]
