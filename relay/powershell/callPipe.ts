/** The way to a child that waits in a step: a pipe through which the module is told to end the wait (module/Calls.ps1). */
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

export class CallPipe {
  /** As .NET's NamedPipeClientStream wants it. */
  readonly name: string
  private readonly server: Server
  private socket: Socket | undefined

  /**
   * Listens until one has come. Who else comes first hears numbers that mean nothing to him, and the module, which says whether it has
   * the pipe, is not called. Where there can be no pipe, nobody is called either.
   */
  constructor() {
    const unique = `easgate-${randomBytes(16).toString('hex')}`
    const isWindows = process.platform === 'win32'
    this.name = isWindows ? unique : path.join(tmpdir(), unique)
    // The module only listens, which on other systems than Windows closes its half.
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.onSocket(socket))
    this.server.on('error', () => {})
    this.server.listen(isWindows ? `\\\\.\\pipe\\${unique}` : this.name)
    this.server.unref()
  }

  /** @param step its number, 1 to 250. */
  call(step: number): void {
    this.socket?.write(Buffer.of(step))
  }

  close(): void {
    this.server.close()
    this.socket?.destroy()
  }

  private onSocket(socket: Socket): void {
    if (this.socket) {
      socket.destroy()
      return
    }
    this.socket = socket
    socket.on('error', () => {})
    socket.unref()
    this.server.close()
  }
}
