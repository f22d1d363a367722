/** What a message of the queue run-steps must look like, and what the host says of its delivery. */
import type { InvocationContext } from '@azure/functions'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import type { StepMessage } from '../ports.ts'

const id = z.string().min(1).max(256)
const messageSchema = z.object({ connectorId: id, runId: id, position: z.int().min(0) })

/** The message, or null: the host has parsed its JSON already, and hands on what is none as text. */
export function parseStepMessage(message: unknown): StepMessage | null {
  const parsed = messageSchema.safeParse(message)
  return parsed.success ? parsed.data : null
}

export interface Delivery {
  readonly id: string
  readonly dequeueCount: number
}

/*
 * The host's names are Id and DequeueCount, the library's id and dequeueCount. A property of the message's own would replace them:
 * a StepMessage has neither.
 */
const deliverySchema = z.object({ id: z.string().min(1), dequeueCount: z.coerce.number().int().min(1) })

/** Throws AppError internal when the host says neither: without the id a step could not tell its own repeat from another's message. */
export function deliveryOf({ triggerMetadata }: InvocationContext): Delivery {
  const given = triggerMetadata ?? {}
  const parsed = deliverySchema.safeParse({
    id: given['id'] ?? given['Id'],
    dequeueCount: given['dequeueCount'] ?? given['DequeueCount'],
  })
  if (parsed.success) return parsed.data
  throw new AppError('internal', 'the host gave no id and dequeue count with a queue message', { retryable: true })
}
