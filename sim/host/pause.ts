/** A wait that another part can cut short; a cut that comes while nobody waits makes the next wait return at once. */
export class Pause {
  #cut = false
  #endWait: (() => void) | undefined

  async wait(ms: number): Promise<void> {
    if (!this.#cut) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        this.#endWait = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#cut = false
    this.#endWait = undefined
  }

  end(): void {
    this.#cut = true
    this.#endWait?.()
  }
}
