// What tests of the ledger share: tickets, a clock that stops until it is advanced, and a database that can be
// unavailable.

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { OpenedCall, Settlement } from '../../src/ledger/ledger.ts'
import type { LedgerEntry } from '../../src/ledger/ledger-entry.ts'
import type { LedgerStore } from '../../src/ledger/ledger-store.ts'
import { type LedgerOptions, type OpenLedger, openLedger } from '../../src/ledger/open-ledger.ts'
import { Quarantine } from '../../src/ledger/quarantine.ts'
import { MemoryLedgerStore } from '../../src/stores/memory-ledger-store.testing.ts'
import type { Clock } from '../../src/system/clock.ts'
import { openLog } from '../../src/system/log.ts'

export const startMs = Date.UTC(2026, 10, 23)
export const allEntries = {
	...{ tenant: 'default', owner: 'alice' },
	...{ fromMs: 0, untilMs: startMs + 366 * 86_400_000, limit: 1_000_000 },
}

export function openedCall(id: string): OpenedCall {
	return {
		id,
		tenant: 'default',
		owner: 'alice',
		key: 'key_1',
		model: 'small',
		operation: 'chat',
		dialect: 'openai',
		price: { input: 1, output: 1, currency: 'EUR' },
		openedAtMs: startMs,
	}
}

export function settlement(completionTokens: number): Settlement {
	return {
		outcome: 'completed',
		upstream: 'a',
		usage: { promptTokens: 0, cachedTokens: 0, completionTokens, reasoningTokens: 0, source: 'upstream' },
		settledAtMs: startMs + 1,
	}
}

/** A folder for journals that does not exist yet. */
export async function freshFolder(): Promise<string> {
	return join(await mkdtemp(join(tmpdir(), 'dragoman-ledger-')), 'journal')
}

export class FakeClock implements Clock {
	private ms = startMs
	private sleeping: { readonly untilMs: number; readonly wake: () => void }[] = []
	private readonly watchers: { readonly count: number; readonly notify: () => void }[] = []

	now(): number {
		return this.ms
	}

	monotonicMs(): number {
		return this.ms
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted === true) return reject(signal.reason)
			const sleeper = { untilMs: this.ms + ms, wake: resolve }
			this.sleeping.push(sleeper)
			signal?.addEventListener('abort', () => {
				this.sleeping = this.sleeping.filter((one) => one !== sleeper)
				reject(signal.reason)
			})
			for (const { count, notify } of this.watchers) if (this.sleeping.length >= count) notify()
		})
	}

	/** Resolves when so many sleep. */
	waitForSleepers(count: number): Promise<void> {
		return new Promise((resolve) => {
			if (this.sleeping.length >= count) resolve()
			else this.watchers.push({ count, notify: resolve })
		})
	}

	advance(ms: number): void {
		this.ms += ms
		const due = this.sleeping.filter(({ untilMs }) => untilMs <= this.ms)
		this.sleeping = this.sleeping.filter((one) => !due.includes(one))
		for (const { wake } of due) wake()
	}
}

/** A store whose database can be unavailable. */
export class UnreachableStore implements LedgerStore {
	away = false
	/** Number of inserts attempted while unavailable. */
	refused = 0
	private readonly store = new MemoryLedgerStore()
	readonly usage = this.store.usage.bind(this.store)
	readonly entries = this.store.entries.bind(this.store)
	readonly sumEntries = this.store.sumEntries.bind(this.store)
	readonly lastDays = this.store.lastDays.bind(this.store)
	readonly expire = this.store.expire.bind(this.store)
	readonly newestMs = this.store.newestMs.bind(this.store)
	readonly close = this.store.close.bind(this.store)

	async insert(entries: readonly LedgerEntry[]): Promise<void> {
		if (this.away) this.refused++
		await this.verify()
		await this.store.insert(entries)
	}

	async verify(): Promise<void> {
		if (this.away) throw new Error('the database is unavailable')
	}
}

/** The folder of the records in quarantine, beside the folder of the journals. */
export function quarantineFolder(folder: string): string {
	return join(dirname(folder), 'quarantine')
}

export const silentLog = openLog({ level: 'silent', format: 'json' })

export function open(options: Pick<LedgerOptions, 'folder' | 'store'> & Partial<LedgerOptions>): Promise<OpenLedger> {
	return openLedger({
		quarantine: new Quarantine(quarantineFolder(options.folder)),
		durability: 'strict',
		maxPending: 1000,
		clock: new FakeClock(),
		log: silentLog,
		...options,
	})
}
