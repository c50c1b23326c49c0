/** Our own invariant is broken: a defect of this program, never a fault of input. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new AssertionError(why)
}
