/** `npm run rendezvous`: the simulated namespace as a process of its own. Ends cleanly on SIGTERM and SIGINT. */
import { readArguments } from './readArguments.ts'
import { startRendezvous } from './startRendezvous.ts'

const { options, printJson, withParent } = readArguments(process.argv)
const rendezvous = await startRendezvous(options).catch((error: unknown) => {
  console.error(`The rendezvous could not listen on ${options.host}:${options.port}: ${String(error)}`)
  process.exit(1)
})
const { port, url } = rendezvous
console.log(printJson ? JSON.stringify({ port, url }) : `Rendezvous on ${url}/$hc/{${options.paths.join(',')}}`)

let isClosing = false
function stop(): void {
  if (isClosing) return
  isClosing = true
  void rendezvous.close().then(() => process.exit(0))
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
if (withParent) process.stdin.on('end', stop).on('error', stop).resume()
