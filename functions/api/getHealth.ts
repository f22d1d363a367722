/** easgate/health: each thing that the app depends on, for a person who looks why /health is not ok. */
import type { Answer, Call } from './call.ts'
import { healthParts, worstOf } from './healthParts.ts'

export async function getHealth({ ports, connectors }: Call): Promise<Answer> {
  const parts = await healthParts(ports, connectors)
  return { status: 200, body: { status: worstOf(parts), parts: [configured, ...parts] } }
}

/** With settings that are wrong no operation gets so far: the answer is 503 with every problem. */
const configured = { name: 'configuration', state: 'ok', ageSeconds: 0, message: null }
