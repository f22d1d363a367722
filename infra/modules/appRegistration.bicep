// The app registration people sign in to, with the roles Reader, Operator and Admin. By the Microsoft Graph extension; by hand: docs/deploy.md.
extension microsoftGraphV1

param uniqueName string
param appHost string
param publicUrl string
param identityPrincipalId string

// Ids of our own; they never change, because assignments name them
var roleReader = { id: '5b1f2a0e-3c6b-4d7a-9e0f-71c1d0a9b001', value: 'Reader', text: 'Sees devices, decisions, runs and the audit.' }
var roleOperator = { id: '5b1f2a0e-3c6b-4d7a-9e0f-71c1d0a9b002', value: 'Operator', text: 'Starts syncs, approves held plans, pins devices.' }
var roleAdmin = { id: '5b1f2a0e-3c6b-4d7a-9e0f-71c1d0a9b003', value: 'Admin', text: 'Changes policy and settings, approves relays, wipes.' }
var scopeId = '5b1f2a0e-3c6b-4d7a-9e0f-71c1d0a9b010'
// The Azure CLI, so that an administrator gets a token by "az account get-access-token"
var azureCliId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: uniqueName
  signInAudience: 'AzureADMyOrg'
  identifierUris: ['api://${tenant().tenantId}/${uniqueName}']
  appRoles: [for role in [roleReader, roleOperator, roleAdmin]: {
    id: role.id
    value: role.value
    displayName: role.value
    description: role.text
    allowedMemberTypes: ['User', 'Application']
    isEnabled: true
  }]
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: scopeId
        value: 'user_impersonation'
        type: 'User'
        isEnabled: true
        adminConsentDisplayName: 'Use easgate'
        adminConsentDescription: 'Calls easgate as the signed-in person, with that person\'s roles.'
      }
    ]
    preAuthorizedApplications: [
      { appId: azureCliId, delegatedPermissionIds: [scopeId] }
    ]
  }
  web: {
    redirectUris: union(['https://${appHost}/.auth/login/aad/callback'], ['${publicUrl}/.auth/login/aad/callback'])
    // Built-in authentication asks Entra ID for an ID token when a browser signs in
    implicitGrantSettings: { enableIdTokenIssuance: true }
  }
}

// In place of a client secret
resource trust 'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0' = {
  name: '${application.uniqueName}/function-app'
  description: 'The identity of the function app signs people in.'
  issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
  subject: identityPrincipalId
  audiences: ['api://AzureADTokenExchange']
}

resource servicePrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

output clientId string = servicePrincipal.appId
