/** Small facts about the account that are not secret: name, switches, milestones. */
import { decodeCbor, encodeCbor, isRecord, isText, isUint, type CborValue } from '@parley/core'
import type { StorePort } from '../ports/store.ts'

export interface StoredSettings {
  readonly name: string
  readonly sendsTyping: boolean
  readonly sendsReadReceipts: boolean
  /** Who is told whether somebody is there. PRS-1 */
  readonly presence: 'nobody' | 'contacts'
  readonly isRecoveryPhraseConfirmed: boolean
  /** Who may reach this node; absent while nobody chose. NET-11 */
  readonly reach?: 'computer' | 'network' | 'anyone' | undefined
  readonly createdAt: number
}

const KEY = 'settings'
const REACHES = ['computer', 'network', 'anyone'] as const

export class SettingsTable {
  readonly #store: StorePort
  readonly #first: StoredSettings
  #settings: StoredSettings

  private constructor(store: StorePort, first: StoredSettings) {
    this.#store = store
    this.#first = first
    this.#settings = readStored(store, first) ?? first
  }

  /** Reads the settings, or writes the first ones. */
  static open(store: StorePort, first: { readonly name: string; readonly createdAt: number }): SettingsTable {
    const settings: StoredSettings = {
      ...first,
      sendsTyping: true,
      sendsReadReceipts: true,
      presence: 'nobody',
      isRecoveryPhraseConfirmed: false,
    }
    const table = new SettingsTable(store, settings)
    if (readStored(store, settings) === undefined) table.save({})
    return table
  }

  get current(): StoredSettings {
    return this.#settings
  }

  /** After a transaction with a {@link save} in it failed: back to what is stored. */
  reload(): void {
    this.#settings = readStored(this.#store, this.#first) ?? this.#first
  }

  /** Inside a transaction, or alone. */
  save(change: Partial<StoredSettings>): void {
    this.#settings = { ...this.#settings, ...change }
    this.#store.run(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      [KEY, encodeCbor(withoutAbsent(this.#settings))],
    )
  }
}

const withoutAbsent = ({ reach, ...rest }: StoredSettings) => ({ ...rest, ...(reach === undefined ? {} : { reach }) })

function readStored(store: StorePort, first: StoredSettings): StoredSettings | undefined {
  const row = store.all('SELECT value FROM meta WHERE key = ?', [KEY])[0]
  const value = row?.['value'] instanceof Uint8Array ? decodeCbor(row['value']) : undefined
  return isRecord(value) ? read(value, first) : undefined
}

function read(value: { readonly [key: string]: CborValue }, first: StoredSettings): StoredSettings {
  const flag = (key: keyof StoredSettings, otherwise: boolean) => {
    const stored = value[key]
    return typeof stored === 'boolean' ? stored : otherwise
  }
  const { name, createdAt } = value
  return {
    name: isText(name) ? name : first.name,
    createdAt: isUint(createdAt) ? createdAt : first.createdAt,
    sendsTyping: flag('sendsTyping', true),
    sendsReadReceipts: flag('sendsReadReceipts', true),
    presence: value['presence'] === 'contacts' ? 'contacts' : 'nobody',
    isRecoveryPhraseConfirmed: flag('isRecoveryPhraseConfirmed', false),
    reach: REACHES.find((each) => each === value['reach']),
  }
}
