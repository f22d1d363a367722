// The overview in the portal: Monitor, Workbooks, "easgate".
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'easgate-overview')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'easgate'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('../workbook.json'), 'WORKSPACE_ID', workspaceId)
  }
}
