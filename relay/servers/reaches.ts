/** Whether something listens on a server's port: the cheap question before a session is tried. */
import { connect } from 'node:net'

/** Never rejects. True when a TCP connection came about within `timeoutMs`; it is closed at once. */
export async function reaches(host: string, port: number, timeoutMs = 5_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => settle(false), timeoutMs)
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
