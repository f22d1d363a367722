/** A queue of lanes that are served in turn, one item each, so that a batch of 500 commands does not make a batch of one wait. Pure. */

/** One batch's part of the queue. Items leave in the order in which they came. */
export interface Lane<T> {
  readonly items: Set<T>
}

export class FairQueue<T> {
  /** Lanes with items; the first is served next. */
  private readonly turns = new Set<Lane<T>>()

  get isEmpty(): boolean {
    return this.turns.size === 0
  }

  push(lane: Lane<T>, item: T): void {
    lane.items.add(item)
    this.turns.add(lane)
  }

  /** Takes the next item, and sends its lane to the end of the line. */
  take(): T | undefined {
    for (const lane of this.turns) {
      this.turns.delete(lane)
      for (const item of lane.items) {
        lane.items.delete(item)
        if (lane.items.size > 0) this.turns.add(lane)
        return item
      }
    }
    return undefined
  }

  /** True when the item was still waiting. */
  remove(lane: Lane<T>, item: T): boolean {
    const wasThere = lane.items.delete(item)
    if (lane.items.size === 0) this.turns.delete(lane)
    return wasThere
  }

  takeAll(): T[] {
    const items = [...this.turns].flatMap((lane) => [...lane.items])
    for (const lane of this.turns) lane.items.clear()
    this.turns.clear()
    return items
  }
}
