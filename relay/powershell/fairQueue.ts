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

  /** Whether `take` would find one. */
  hasReady(isReady: (item: T) => boolean): boolean {
    return this.nextLane(isReady) !== undefined
  }

  push(lane: Lane<T>, item: T): void {
    lane.items.add(item)
    this.turns.add(lane)
  }

  /** Takes the next item, and sends its lane to the end of the line. A lane whose first item is not ready is passed over. */
  take(isReady: (item: T) => boolean): T | undefined {
    const lane = this.nextLane(isReady)
    const [item] = lane?.items ?? []
    if (!lane || item === undefined) return undefined
    this.turns.delete(lane)
    lane.items.delete(item)
    if (lane.items.size > 0) this.turns.add(lane)
    return item
  }

  /** True when the item was still waiting. */
  remove(lane: Lane<T>, item: T): boolean {
    const wasThere = lane.items.delete(item)
    if (lane.items.size === 0) this.turns.delete(lane)
    return wasThere
  }

  /** Gives back what was taken: it is the first of its lane, and its lane the first in turn. */
  putBack(lane: Lane<T>, item: T): void {
    toFront(lane.items, item)
    toFront(this.turns, lane)
  }

  takeAll(): T[] {
    return this.takeIf(() => true)
  }

  /** Takes every item that fits, wherever it waits. */
  takeIf(fits: (item: T) => boolean): T[] {
    const lanes = [...this.turns]
    const taken = lanes.map((lane) => ({ lane, items: [...lane.items].filter(fits) }))
    for (const { lane, items } of taken) for (const item of items) this.remove(lane, item)
    return taken.flatMap(({ items }) => items)
  }

  private nextLane(isReady: (item: T) => boolean): Lane<T> | undefined {
    for (const lane of this.turns) {
      for (const first of lane.items) {
        if (isReady(first)) return lane
        break
      }
    }
    return undefined
  }
}

function toFront<T>(set: Set<T>, first: T): void {
  const others = [...set]
  set.clear()
  for (const each of [first, ...others]) set.add(each)
}
