/** What a view needs of its model: one immutable snapshot, and a call when there is another. */
export interface ViewModel<S> {
  /** The same object until something changed. */
  getSnapshot(): S
  /** Listeners are called synchronously. @returns the function that ends the subscription. */
  subscribe(changed: () => void): () => void
}

/** One replaceable value, the writable half that a model keeps to itself. */
export interface Cell<S> extends ViewModel<S> {
  /** Identical to the present value: changes nothing and tells nobody. */
  set(next: S): void
}

/** A cell of fields. */
export interface Store<S extends object> extends Cell<S> {
  /** Merges into the snapshot; when every given field is identical already, tells nobody. */
  patch(fields: Partial<S>): void
}

export const createCell = <S>(initial: S): Cell<S> => {
  let snapshot = initial
  const listeners = new Set<() => void>()
  return {
    getSnapshot: () => snapshot,
    subscribe: (changed) => {
      // A fresh function each time, so that the same listener can subscribe twice and leave once.
      const listener = () => changed()
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    set: (next) => {
      if (Object.is(next, snapshot)) return
      snapshot = next
      for (const changed of [...listeners]) changed()
    },
  }
}

export const createStore = <S extends object>(initial: S): Store<S> => {
  const cell = createCell(initial)
  return {
    ...cell,
    patch: (fields) => {
      const before = new Map<string, unknown>(Object.entries(cell.getSnapshot()))
      const isSame = Object.entries(fields).every(
        ([name, value]) => before.has(name) && Object.is(before.get(name), value),
      )
      if (!isSame) cell.set({ ...cell.getSnapshot(), ...fields })
    },
  }
}

/** Collects what ends with its owner; later additions run at once. Ends in reverse order, each exactly once. */
export interface Disposables {
  add(dispose: () => void): void
  dispose(): void
  readonly isDisposed: boolean
}

export const createDisposables = (): Disposables => {
  let owned: (() => void)[] = []
  let isDisposed = false
  return {
    add: (dispose) => {
      if (isDisposed) dispose()
      else owned.push(dispose)
    },
    dispose: () => {
      isDisposed = true
      const ending = owned.reverse()
      owned = []
      for (const dispose of ending) dispose()
    },
    get isDisposed() {
      return isDisposed
    },
  }
}
