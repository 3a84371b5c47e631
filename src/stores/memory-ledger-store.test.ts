import { ledgerStoreContract } from '../ledger/ledger-store.contract.ts'
import { MemoryLedgerStore } from './memory-ledger-store.testing.ts'

ledgerStoreContract('memory', async () => {
	const store = new MemoryLedgerStore()
	return { store, close: () => store.close() }
})
