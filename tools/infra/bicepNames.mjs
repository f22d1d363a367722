// The functions, decorators and types of the Bicep language that our files may use: a name that is not here is a mistake, or is added here.

export const functionNames = new Set([
  // decorators
  ...['allowed', 'description', 'export', 'maxLength', 'maxValue', 'metadata', 'minLength', 'minValue', 'secure'],
  // values
  ...[
    'any',
    'array',
    'bool',
    'concat',
    'contains',
    'empty',
    'endsWith',
    'filter',
    'first',
    'flatten',
    'format',
    'int',
    'items',
  ],
  ...[
    'join',
    'last',
    'length',
    'map',
    'max',
    'min',
    'range',
    'reduce',
    'replace',
    'sort',
    'split',
    'startsWith',
    'string',
  ],
  ...[
    'substring',
    'take',
    'toLower',
    'toObject',
    'toUpper',
    'trim',
    'union',
    'uniqueString',
    'uri',
    'guid',
    'cidrSubnet',
  ],
  // deployment
  ...[
    'deployer',
    'deployment',
    'environment',
    'resourceGroup',
    'subscription',
    'tenant',
    'resourceId',
    'subscriptionResourceId',
  ],
  ...['loadJsonContent', 'loadTextContent', 'readEnvironmentVariable'],
])

export const typeNames = new Set(['array', 'bool', 'int', 'object', 'string'])
