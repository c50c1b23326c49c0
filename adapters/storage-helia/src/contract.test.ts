import { blockStorageContract } from '@parley/engine/contract'
import { storageWorld } from './testing.ts'

blockStorageContract('storage-helia', storageWorld)
