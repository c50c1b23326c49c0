/**
 * The tables of a holder, one list of migrations: position n brings version n to n + 1. Append only. They have names and
 * a version of their own, so that they may live in a database with other tables.
 */
import { HOLDER_CACHE_KIB } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { numberOf } from '../store/rows.ts'

const migrations: readonly string[] = [
  `
  CREATE TABLE held_peers (
    id INTEGER PRIMARY KEY, peer TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, pointers INTEGER NOT NULL
  );
  CREATE TABLE held_blocks (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL, peer INTEGER NOT NULL, size INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    head BLOB NOT NULL
  );
  CREATE TABLE held_bytes (id INTEGER PRIMARY KEY, rest BLOB NOT NULL);
  CREATE UNIQUE INDEX held_blocks_by_digest ON held_blocks (digest, peer);
  CREATE INDEX held_blocks_by_expiry ON held_blocks (expires_at);
  CREATE TABLE held_pointers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, prefix BLOB NOT NULL, key BLOB NOT NULL, is_worked INTEGER NOT NULL,
    mark INTEGER NOT NULL, peer INTEGER NOT NULL, sequence INTEGER NOT NULL, size INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, bytes BLOB NOT NULL
  );
  CREATE INDEX held_pointers_by_prefix ON held_pointers (prefix, is_worked, mark, id, size);
  CREATE INDEX held_pointers_by_expiry ON held_pointers (expires_at);
  CREATE TABLE held_probe (bytes BLOB NOT NULL);
  `,
  `
  ALTER TABLE held_peers ADD COLUMN profiles INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE held_profiles (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, peer INTEGER NOT NULL, sequence INTEGER NOT NULL, cid BLOB NOT NULL,
    size INTEGER NOT NULL, forget_at INTEGER NOT NULL, due_at INTEGER NOT NULL, bytes BLOB
  );
  CREATE INDEX held_profiles_by_due ON held_profiles (due_at);
  CREATE TABLE held_avatars (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, bytes BLOB NOT NULL);
  CREATE INDEX held_avatars_by_digest ON held_avatars (digest);
  `,
]

const version = migrations.length

/**
 * Brings the tables to the newest version, one transaction per step.
 * @throws PortError of the store; Error when a newer version of Parley wrote them.
 */
export function migrateHolder(store: StorePort): void {
  store.all(`PRAGMA cache_size = -${HOLDER_CACHE_KIB}`)
  store.run('CREATE TABLE IF NOT EXISTS held_version (version INTEGER NOT NULL)')
  const [row] = store.all('SELECT version FROM held_version')
  const found = row === undefined ? 0 : numberOf(row, 'version')
  if (found > version) {
    throw new Error(`what is held here was written by a newer version of Parley (${found}, this is ${version})`)
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < found) continue
    store.transaction(() => {
      for (const statement of sql.split(';')) if (statement.trim() !== '') store.run(statement)
      store.run('DELETE FROM held_version')
      store.run('INSERT INTO held_version (version) VALUES (?)', [index + 1])
    })
  }
}
