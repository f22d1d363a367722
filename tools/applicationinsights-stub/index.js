// Stands in for Azurite's telemetry package: 200 MB that nobody here wants. Every property is undefined.
module.exports = new Proxy(function () {}, { get: () => undefined })
