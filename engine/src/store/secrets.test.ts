import { seededRandom } from '@parley/adapter-memory'
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import { utf8 } from '@parley/core'
import { expect, it } from 'vitest'
import { createLogStore } from '../testing/entries.ts'
import { openVault } from '../vault/vault.ts'
import { deleteExpiredSecrets, deleteSecret, readSecret, saveSecret, secretNames } from './secrets.ts'

it('[KEY-6] a private key is gone when its time is over, and only then', async () => {
  const store = createLogStore()
  const vault = await openVault({ store, crypto: await createNodeCrypto(), random: seededRandom(1) }, undefined)
  saveSecret(store, vault, 'inbox/1', utf8('old'), 100)
  saveSecret(store, vault, 'inbox/2', utf8('new'), 200)
  saveSecret(store, vault, 'inboxes', utf8('another kind'))
  expect(secretNames(store, 'inbox/')).toEqual(['inbox/1', 'inbox/2'])
  expect([deleteExpiredSecrets(store, 99), deleteExpiredSecrets(store, 100)]).toEqual([0, 1])
  expect([readSecret(store, vault, 'inbox/1'), readSecret(store, vault, 'inbox/2')]).toEqual([undefined, utf8('new')])
  saveSecret(store, vault, 'inbox/2', utf8('newer'))
  expect([deleteExpiredSecrets(store, 9_999), readSecret(store, vault, 'inbox/2')]).toEqual([0, utf8('newer')])
  deleteSecret(store, 'inbox/2')
  expect(secretNames(store, '')).toEqual(['inboxes'])
})
