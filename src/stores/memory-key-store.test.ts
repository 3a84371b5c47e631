import { keyStoreContract } from '../keys/key-store.contract.ts'
import { MemoryKeyStore } from './memory-key-store.testing.ts'

keyStoreContract('memory', async () => new MemoryKeyStore())
