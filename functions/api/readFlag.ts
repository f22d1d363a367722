/** A switch in the query, such as `?dryRun=true`. Pure. */
import type { HttpRequest } from '@azure/functions'
import { AppError } from '../errors.ts'

/** False where it is missing. Only the two words count: a typing error must not send commands that were meant as a dry run. Throws AppError badRequest for anything but true and false. */
export function readFlag({ query }: HttpRequest, name: string): boolean {
  const text = query.get(name)
  if (text === null || text === 'false') return false
  if (text === 'true') return true
  throw new AppError('badRequest', `${name} must be true or false`)
}
