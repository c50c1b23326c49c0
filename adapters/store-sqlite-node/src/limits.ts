/** Compiled statements kept per database; the engine has about a hundred, so none is compiled twice. */
export const STATEMENTS_CACHED_MAX = 256
/** How long a statement waits for another connection, for example an operator's `sqlite3` shell. */
export const BUSY_TIMEOUT_MS = 5_000
/** Databases up to this size are checked before they open (measured: 110 MB in 60–110 ms), larger ones beside the work. */
export const CHECK_ON_OPEN_BYTES_MAX = 192 * 1_048_576
/** Write-ahead log that is left in place after a checkpoint. */
export const WAL_BYTES_KEPT_MAX = 16 * 1_048_576
/** Erased secrets may sit in the write-ahead log until it is truncated: this long after the last write … */
export const TRUNCATE_IDLE_MS = 2_000
/** … but at most this long after the first. */
export const TRUNCATE_LATEST_MS = 30_000
