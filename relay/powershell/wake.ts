/** Lets one loop sleep until somebody has something for it. A call while nobody sleeps is lost: the loop looks before it sleeps. */
export class Wake {
  private end: () => void = () => {}

  call(): void {
    this.end()
  }

  /** Resolves with true at the next call, with false after `timeoutMs`. */
  async sleep(timeoutMs: number): Promise<boolean> {
    const isCalled = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs)
      this.end = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
    this.end = () => {}
    return isCalled
  }
}
