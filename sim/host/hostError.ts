/** A mistake in the app, its settings or the command line whose message is all a person needs: printed without a stack, exit 1. */
export class HostError extends Error {
  override name = 'HostError'
}
