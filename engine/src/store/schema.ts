/**
 * The database, one list of migrations: position n brings version n to n + 1. Append only.
 * Column names say what they hold; `…_sealed` is encrypted by the vault.
 */
import type { StorePort } from '../ports/store.ts'

const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value_sealed BLOB NOT NULL, expires_at INTEGER) WITHOUT ROWID;

  CREATE TABLE invites (
    id TEXT PRIMARY KEY, secret_sealed BLOB NOT NULL, link_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE contacts (
    account TEXT PRIMARY KEY, conversation TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    claimed_name TEXT NOT NULL, given_name TEXT NOT NULL, is_verified INTEGER NOT NULL,
    invite_sealed BLOB, is_requested INTEGER NOT NULL, created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE blocks (account TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE devices (
    peer_id TEXT PRIMARY KEY, account TEXT NOT NULL, addresses BLOB NOT NULL, bundle BLOB, bundle_sequence INTEGER NOT NULL,
    inception BLOB,     added_at INTEGER NOT NULL, last_heard_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX devices_by_account ON devices (account);
  CREATE TABLE requests (
    id TEXT PRIMARY KEY, account TEXT NOT NULL UNIQUE, peer_id TEXT NOT NULL, name TEXT NOT NULL, text_sealed BLOB NOT NULL,
    bundle BLOB NOT NULL, is_declined INTEGER NOT NULL, received_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE seen_seals (hash BLOB PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;

  CREATE TABLE conversations (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, heads BLOB NOT NULL, last_time TEXT NOT NULL,
    draft_sealed BLOB, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE epochs (
    id TEXT PRIMARY KEY, conversation TEXT NOT NULL, group_id TEXT NOT NULL, parent TEXT, committer TEXT NOT NULL,
    class INTEGER NOT NULL, depth INTEGER NOT NULL, created_at INTEGER NOT NULL, messages INTEGER NOT NULL,
    keys_sealed BLOB NOT NULL, state_sealed BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX epochs_by_conversation ON epochs (conversation);

  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, conversation TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL,
    is_tile INTEGER NOT NULL, target BLOB, sort_order TEXT NOT NULL, time_ms INTEGER NOT NULL, time_counter INTEGER NOT NULL,
    parents BLOB NOT NULL, content_sealed BLOB NOT NULL, state INTEGER NOT NULL, is_posted INTEGER NOT NULL, is_unread INTEGER NOT NULL,
    is_skewed INTEGER NOT NULL, owed INTEGER NOT NULL, failure TEXT, attempts INTEGER NOT NULL, received_at INTEGER NOT NULL
  );
  CREATE INDEX entries_in_order ON entries (conversation, is_tile, sort_order, id);
  CREATE INDEX entries_by_target ON entries (target) WHERE target IS NOT NULL;
  CREATE INDEX entries_unread ON entries (conversation, sort_order) WHERE is_unread = 1;
  CREATE INDEX entries_waiting ON entries (conversation, seq) WHERE state = 0 AND is_posted = 0;
  CREATE INDEX entries_owed ON entries (conversation, seq) WHERE owed > 0;
  CREATE TABLE gaps (
    missing BLOB NOT NULL, child BLOB NOT NULL, conversation TEXT NOT NULL, PRIMARY KEY (missing, child)
  ) WITHOUT ROWID;
  CREATE INDEX gaps_by_child ON gaps (child);
  CREATE INDEX gaps_by_conversation ON gaps (conversation);

  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, peer_id TEXT NOT NULL, kind TEXT NOT NULL, conversation TEXT,
    message BLOB, bytes BLOB NOT NULL, report BLOB, created_at INTEGER NOT NULL
  );
  CREATE INDEX outbox_by_peer ON outbox (peer_id, seq);
  `,
  // Offline delivery. "sent" was 1 and comes after "stored" now.
  `
  UPDATE entries SET state = 2 WHERE state = 1;
  ALTER TABLE outbox ADD COLUMN envelope BLOB;
  UPDATE outbox SET envelope = substr(bytes, -16);
  ALTER TABLE outbox ADD COLUMN deposit INTEGER;
  CREATE INDEX outbox_by_envelope ON outbox (envelope);
  CREATE INDEX outbox_by_deposit ON outbox (deposit) WHERE deposit IS NOT NULL;
  CREATE INDEX outbox_by_message ON outbox (message) WHERE message IS NOT NULL;

  CREATE TABLE deposits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer_id TEXT NOT NULL, chain TEXT NOT NULL, slot INTEGER NOT NULL,
    key BLOB NOT NULL, secret_sealed BLOB, sequence INTEGER NOT NULL, record BLOB NOT NULL, blocks BLOB NOT NULL,
    locations BLOB NOT NULL, wanted INTEGER NOT NULL,
    topic INTEGER NOT NULL, state TEXT NOT NULL,
    created_at INTEGER NOT NULL, renewed_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  );
  CREATE INDEX deposits_by_chain ON deposits (chain, slot);
  CREATE TABLE holdings (
    deposit INTEGER NOT NULL, holder TEXT NOT NULL, receipt BLOB, checked_at INTEGER NOT NULL, is_lost INTEGER NOT NULL,
    PRIMARY KEY (deposit, holder)
  ) WITHOUT ROWID;
  CREATE TABLE pointers_read (key BLOB PRIMARY KEY, sequence INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE blocks_read (
    cid BLOB PRIMARY KEY, peer_id TEXT, envelope BLOB, is_answered INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  // Profiles, presence, subjects. `digest` names an account as IPFS and OpenBazaar do.
  `
  CREATE TABLE profiles (
    digest BLOB PRIMARY KEY, account TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL, record_sealed BLOB NOT NULL,
    checked_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE profile_versions (
    account TEXT NOT NULL, sequence INTEGER NOT NULL, record_sealed BLOB NOT NULL, PRIMARY KEY (account, sequence)
  ) WITHOUT ROWID;
  CREATE TABLE avatars (
    cid TEXT PRIMARY KEY, image_sealed BLOB NOT NULL, size INTEGER NOT NULL, used_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  ALTER TABLE contacts ADD COLUMN presence_seen_at INTEGER;

  ALTER TABLE entries ADD COLUMN subject BLOB;
  ALTER TABLE entries ADD COLUMN copy BLOB;
  CREATE INDEX entries_by_subject ON entries (subject, sort_order, id) WHERE is_tile = 1;
  CREATE INDEX entries_in_subject ON entries (subject, conversation, sort_order, id) WHERE is_tile = 1;
  CREATE INDEX entries_unread_in_subject ON entries (conversation, subject, sort_order) WHERE is_unread = 1;
  CREATE INDEX entries_by_copy ON entries (copy) WHERE copy IS NOT NULL;
  CREATE TABLE app_values (key TEXT PRIMARY KEY, value_sealed BLOB NOT NULL) WITHOUT ROWID;
  `,
]

export const schemaVersion = migrations.length

/**
 * Brings the database to the newest version, one transaction per step.
 * @throws PortError of the store; Error when a newer version of Parley wrote this database.
 */
export function migrate(store: StorePort): void {
  const version = Number(store.all('PRAGMA user_version')[0]?.['user_version'] ?? 0)
  if (version > schemaVersion) {
    throw new Error(`this database was written by a newer version of Parley (${version}, this is ${schemaVersion})`)
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    store.transaction(() => {
      for (const statement of sql.split(';')) if (statement.trim() !== '') store.run(statement)
      store.run(`PRAGMA user_version = ${index + 1}`)
    })
  }
}
