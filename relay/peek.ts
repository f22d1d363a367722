/** What a refusal must repeat of a message that could not be parsed or trusted, as far as it can be read. Pure. */

/** The challenge of something that was meant as a hello. */
export function peekChallenge(frame: string): string | undefined {
  return textProperty(frame, 'challenge', 16)
}

/** The batch id of an envelope or of an unsigned batch. Never trusted: it only tells the sender which of its messages is meant. */
export function peekBatchId(frame: string): string | undefined {
  const body = textProperty(frame, 'body', 2, Number.MAX_SAFE_INTEGER)
  return textProperty(body ?? frame, 'batchId', 1)
}

function textProperty(frame: string, name: string, shortest: number, longest = 128): string | undefined {
  try {
    const message: unknown = JSON.parse(frame)
    if (typeof message !== 'object' || message === null) return undefined
    const value: unknown = Object.entries(message).find(([key]) => key === name)?.[1]
    return typeof value === 'string' && value.length >= shortest && value.length <= longest ? value : undefined
  } catch {
    return undefined
  }
}
