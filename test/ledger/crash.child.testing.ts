// For crash.test.ts: a process that records usage until it is killed. Each step is printed on standard output, as it is
// requested and as it is acknowledged. Not for production code.

import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import { SqlLedgerStore } from '../../src/stores/sql/sql-ledger-store.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { systemClock } from '../../src/system/clock.ts'
import { openedCall, settlement, silentLog } from './ledger.testing.ts'

const [folder = '', round = ''] = process.argv.slice(2)
const [atOnce, steps] = [16, 8]
const print = (line: string) => writeSync(1, `${line}\n`)

print('started')
const database = await openSqlite(join(folder, 'dragoman.sqlite'))
const ledger = await openLedger({
	folder: join(folder, 'journal'),
	store: new SqlLedgerStore(database),
	quarantine: new Quarantine(join(folder, 'quarantine')),
	durability: 'strict',
	maxPending: 100_000,
	clock: systemClock,
	log: silentLog,
	// Small, so that files change often.
	fileSize: 20_000,
})

await Promise.all(
	Array.from({ length: atOnce }, async (_, lane) => {
		for (let count = 0; ; count++) {
			const id = `${round}-${lane}-${count}`
			const ticket = ledger.open(openedCall(id))
			await ticket.opened
			print(`opened ${id}`)
			for (let tokens = 1; tokens <= steps; tokens++) {
				print(`moves ${id} ${tokens}`)
				ticket.progress({ completionTokens: tokens, upstream: 'a' })
				await new Promise((resolve) => setImmediate(resolve))
			}
			print(`settles ${id}`)
			// Every fourth waits for its settlement only after the next has started.
			const settled = ticket.settle(settlement(100)).then(() => print(`settled ${id}`))
			if (count % 4 !== 0) await settled
		}
	}),
)
