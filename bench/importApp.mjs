// Imports a Functions app in a fresh process, with a stand-in for the module that the Functions worker answers for, and prints how long that took and how many functions it registered.
import Module from 'node:module'
import { pathToFileURL } from 'node:url'

const original = Module.prototype.require
let functions = 0
const core = {
  setProgrammingModel: () => undefined,
  registerHook: () => ({ dispose: () => undefined }),
  registerFunction: () => {
    functions += 1
    return { dispose: () => undefined }
  },
  log: () => undefined,
}
Module.prototype.require = function require(id) {
  return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id])
}
const { href } = pathToFileURL(process.argv[2])
const [start, before] = [performance.now(), process.cpuUsage()]
await import(href)
const ms = performance.now() - start
const { user, system } = process.cpuUsage(before)
process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000, functions }), () => process.exit(0))
