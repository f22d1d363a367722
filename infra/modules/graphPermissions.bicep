// The application permissions of Microsoft Graph that the app's identity needs. Alternative: infra/scripts/Grant-GraphPermissions.ps1.
extension microsoftGraphV1

param principalId string
param includeSignInLog bool

// All read, none writes. Names, not ids: Graph's own service principal says which id is meant
var always = [
  'User.Read.All' // who owns a mailbox: users, their addresses, their licences
  'GroupMember.Read.All' // whom the policy is for: members of its groups
  'Device.Read.All' // whether a device is registered, and what changed
  'DeviceManagementManagedDevices.Read.All' // Intune devices and their compliance
]
// Only for deviceProof signInLog: which device an activation's sign-in came from
var permissions = concat(always, includeSignInLog ? ['AuditLog.Read.All'] : [])

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [for permission in permissions: {
  principalId: principalId
  resourceId: graph.id
  appRoleId: first(filter(graph.appRoles, role => role.value == permission && contains(role.allowedMemberTypes, 'Application')))!.id
}]
