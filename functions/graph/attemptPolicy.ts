/** One sending of a request: counted, and cut when it takes too long, its body included. */
import { RestError, type PipelinePolicy } from '@azure/core-rest-pipeline'

export interface AttemptOptions {
  /** How long this sending may take. */
  readonly timeoutMs: () => number
  readonly onAttempt: () => void
  /** Of each answer. */
  readonly onStatus: (status: number) => void
}

/**
 * The pipeline's own time limit ends when the headers are there, and a compressed body that breaks off never settles in it: so the limit is
 * kept here, over all of it. Throws RestError ETIMEDOUT, which the retry strategy treats as a broken connection.
 */
export function attemptPolicy({ timeoutMs, onAttempt, onStatus }: AttemptOptions): PipelinePolicy {
  return {
    name: 'graphAttemptPolicy',
    sendRequest: async (request, next) => {
      onAttempt()
      const limitMs = timeoutMs()
      const cut = new AbortController()
      request.abortSignal = cut.signal
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          cut.abort()
          reject(new RestError(`no complete answer within ${limitMs} ms`, { code: 'ETIMEDOUT', request }))
        }, limitMs)
      })
      try {
        const response = await Promise.race([next(request), late])
        onStatus(response.status)
        return response
      } finally {
        clearTimeout(timer)
        // The retry policy would take a used-up signal for a cancelled call.
        delete request.abortSignal
      }
    },
  }
}
