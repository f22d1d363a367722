// For privateNetwork: a private endpoint and a DNS zone for each service the app speaks to.
param stem string
param location string
param tags object
param networkId string
param subnetId string
param storageId string
param auditArchiveId string
param keyVaultId string
param relayId string
param includeRelay bool

var storageSuffix = environment().suffixes.storage
var relaySuffix = replace(storageSuffix, 'core.', 'servicebus.')
var zoneNames = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  'privatelink.${relaySuffix}'
]

// zone: position in zoneNames
var services = [
  { name: 'blob', target: storageId, group: 'blob', zone: 0 }
  { name: 'queue', target: storageId, group: 'queue', zone: 1 }
  { name: 'table', target: storageId, group: 'table', zone: 2 }
  { name: 'audit', target: auditArchiveId, group: 'blob', zone: 0 }
  { name: 'vault', target: keyVaultId, group: 'vault', zone: 3 }
]
var relayService = { name: 'relay', target: relayId, group: 'namespace', zone: 4 }
var wanted = includeRelay ? concat(services, [relayService]) : services

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for zoneName in zoneNames: {
  name: zoneName
  location: 'global'
  tags: tags
}]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (zoneName, index) in zoneNames: {
  parent: zones[index]
  name: 'link-${stem}'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: networkId }
  }
}]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for service in wanted: {
  name: 'pep-${service.name}-${stem}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: service.name
        properties: {
          privateLinkServiceId: service.target
          groupIds: [service.group]
        }
      }
    ]
  }
}]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (service, index) in wanted: {
  parent: endpoints[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: service.name, properties: { privateDnsZoneId: zones[service.zone].id } }
    ]
  }
}]
