// For crash.test.ts: a process that has calls with and without a reservation, all with more progress than was reserved.
// It prints `marked` once the progress is on disk, and then waits until it is killed. Not for production code.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import { MemoryLedgerStore } from '../../src/stores/memory-ledger-store.testing.ts'
import { systemClock } from '../../src/system/clock.ts'
import { openedCall, silentLog } from './ledger.testing.ts'

const [folder = ''] = process.argv.slice(2)
const ledger = await openLedger({
	folder,
	store: new MemoryLedgerStore(),
	quarantine: new Quarantine(join(folder, 'quarantine')),
	durability: 'strict',
	maxPending: 100,
	clock: systemClock,
	log: silentLog,
})

const unlimited = ledger.open(openedCall('unlimited'))
const reserved = ledger.open({ ...openedCall('reserved'), reservedTokens: 4 })
const extended = ledger.open({ ...openedCall('extended'), reservedTokens: 4 })
await extended.extend(8)
for (const ticket of [unlimited, reserved, extended]) ticket.progress({ completionTokens: 20, upstream: 'a' })

async function journalText(): Promise<string> {
	const files = (await readdir(folder)).filter((file) => file.endsWith('.journal'))
	return (await Promise.all(files.map((file) => Bun.file(join(folder, file)).text()))).join('')
}

while (!/"progress":.*\n/.test(await journalText())) await systemClock.sleep(10)
process.stdout.write('marked\n')
await systemClock.sleep(600_000)
