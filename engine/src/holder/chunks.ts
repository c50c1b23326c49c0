import type { SqlRow, SqlValue, StorePort } from '../ports/store.ts'

/** Values of one `IN (…)`: the statement always has this many, so it is compiled once. */
const CHUNK = 64
const MARKS = Array.from({ length: CHUNK }, () => '?').join(', ')

/**
 * The rows of a query over many values, some values at a time, the rows of each step in no order. `sql` has `IN (…)` where
 * the values go, in front of its other parameters (`after`).
 */
export function* rowsAmong(
  store: StorePort,
  sql: string,
  values: readonly Uint8Array[],
  after: readonly SqlValue[],
): Generator<{ readonly values: readonly Uint8Array[]; readonly rows: readonly SqlRow[] }> {
  const statement = sql.replace('…', MARKS)
  for (let start = 0; start < values.length; start += CHUNK) {
    const some = values.slice(start, start + CHUNK)
    const last = some.at(-1)
    // The last one again changes nothing in a set.
    const filled = last === undefined ? [] : [...some, ...Array.from({ length: CHUNK - some.length }, () => last)]
    yield { values: some, rows: store.all(statement, [...filled, ...after]) }
  }
}
