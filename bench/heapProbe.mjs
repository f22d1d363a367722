// Loaded into a process with --import: answers GET / with its heap after a collection. Loopback only; the port goes to a file.
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
const server = createServer((_, response) => {
  collect()
  response.end(String(process.memoryUsage().heapUsed))
})
server.listen(0, '127.0.0.1', () =>
  writeFileSync(process.env['EASGATE_HEAP_PROBE'] + process.pid, String(server.address().port)),
)
// The process ends when it would without this: neither the server nor a connection that is kept alive holds it
server.on('connection', (socket) => socket.unref()).unref()
