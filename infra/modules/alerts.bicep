// The alerts of docs/operating.md: five for each connector and one for the app. Each query gives rows when something is wrong, and none when all is well.
param stem string
param location string
param tags object
param workspaceId string
param connectorIds string[]
param emails string[]

var manual = 'What to do: docs/operating.md'

// window: what the rule may look at, of the sizes that Azure allows; the query itself says how far back it goes
var perConnector = [
  {
    name: 'no-full-sync'
    severity: 1
    frequency: 'PT1H'
    window: 'P2D'
    resolves: true
    query: loadTextContent('../queries/noFullSync.kql')
    text: 'No full sync ended well in 26 hours: phones are decided by what the quick syncs see only.'
  }
  {
    name: 'no-quick-sync'
    severity: 1
    frequency: 'PT5M'
    window: 'PT30M'
    resolves: true
    query: loadTextContent('../queries/noQuickSync.kql')
    text: 'No quick sync ended well in 30 minutes: a phone that became compliant stays blocked, one that stopped being compliant stays allowed.'
  }
  {
    name: 'no-relay'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    resolves: true
    query: loadTextContent('../queries/noRelay.kql')
    text: 'No relay has been connected for 5 minutes: nothing reaches Exchange.'
  }
  {
    name: 'plan-held'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    resolves: true
    query: loadTextContent('../queries/planHeld.kql')
    text: 'A plan beyond the limits waits for a person: nothing of it is applied until somebody approves or rejects it.'
  }
  {
    name: 'command-failures'
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    resolves: true
    query: loadTextContent('../queries/commandFailures.kql')
    text: 'More than 5 % of the commands to Exchange failed in the last hour.'
  }
]

var pairs = flatten(map(connectorIds, id => map(perConnector, alert => { connector: id, alert: alert })))

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-${stem}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'easgate'
    enabled: true
    emailReceivers: [for (address, index) in emails: {
      name: 'person${index + 1}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

var actionGroups = empty(emails) ? [] : [people.id]

resource connectorAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for pair in pairs: {
  name: 'easgate-${pair.connector}-${pair.alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'easgate ${pair.connector}: ${pair.alert.name}'
    description: '${pair.alert.text} ${manual}#${pair.alert.name}'
    severity: pair.alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: pair.alert.frequency
    windowSize: pair.alert.window
    autoMitigate: pair.alert.resolves
    // In a new workspace the table is there only when the first line has come in
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: replace(pair.alert.query, 'CONNECTOR', pair.connector)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: actionGroups }
  }
}]

// A message that gave up is a fact, not a state: the alert stays until a person has looked
resource poisonAlert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'easgate-poison-messages'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'easgate: poison-messages'
    description: 'A step of a run failed at every delivery, and the run ended. ${manual}#poison-messages'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    autoMitigate: false
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: loadTextContent('../queries/poisonMessages.kql')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: actionGroups }
  }
}
