// hyco-ws lists a dependency named like Node's own http module; the registry has no such version.
module.exports = require('node:http')
