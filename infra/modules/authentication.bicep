// Built-in authentication: the platform checks who calls, before the app runs. The app then looks at the roles (functions/api/caller.ts).
param functionAppName string
param clientId string
param browserSignIn bool

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName
}

resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      // AllowAnonymous: the platform takes identity headers of callers away, lets the rest through, and the app answers: 401 to programs, and the activation
      // page's visitors are sent to the sign-in. With Return401 the link in a mail would lead to an error
      requireAuthentication: browserSignIn
      unauthenticatedClientAction: browserSignIn ? 'RedirectToLoginPage' : 'AllowAnonymous'
      redirectToProvider: 'azureactivedirectory'
      // Says nothing but ok or not. Never another path: the platform does not look at these at all, so anybody could write the header that names the caller
      excludedPaths: ['/health']
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          // Names the setting with the identity that stands in for a secret
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [clientId, 'api://${clientId}']
        }
      }
    }
    login: { tokenStore: { enabled: false } }
    httpSettings: { requireHttps: true }
  }
}
