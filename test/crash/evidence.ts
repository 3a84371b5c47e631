// What must be there after a crash and a restart, as seen in the server's answers and in its database.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SQL } from 'bun'
import type { TestServer } from '../server.ts'
import { answerTo, type CountingUpstream } from './counting-upstream.ts'
import type { ClientCall } from './load.ts'

/**
 * Words sent within this time before the crash may be missing from the usage records: 100 ms, and a margin for a busy
 * machine.
 */
const unbilledMs = 400

export interface Crash {
	/** The server, started again. */
	readonly server: TestServer
	readonly upstream: CountingUpstream
	readonly database: string
	/** Everything that was seen, in this round and before. */
	readonly calls: readonly ClientCall[]
}

export interface Findings {
	readonly turns: number
	readonly entries: number
	readonly interrupted: number
	/** What is wrong; nothing where all is well. */
	readonly violations: readonly string[]
}

interface EntryRow {
	readonly id: string
	readonly outcome: string
	readonly completion_tokens: number | string
	readonly prompt_tokens: number | string
}

export async function examine(crash: Crash): Promise<Findings> {
	const violations: string[] = []
	// A request for sums brings every record that was settled to the database.
	const usage = await crash.server.call('/v1/organization/usage/completions?start_time=0')
	if (usage.status !== 200) violations.push(`usage answered ${usage.status}`)
	const sql = new SQL(crash.database)
	try {
		const rows: readonly EntryRow[] = Array.from(await sql`SELECT * FROM ledger`)
		violations.push(...ledgerViolations(crash, rows))
		violations.push(...(await sumViolations(sql, rows)))
		violations.push(...(await leftovers(crash, sql)))
		violations.push(...(await historyViolations(crash)))
		violations.push(...(await streamViolations(crash)))
		return {
			turns: crash.calls.filter(({ acknowledged }) => acknowledged).length,
			entries: rows.length,
			interrupted: rows.filter(({ outcome }) => outcome === 'interrupted').length,
			violations,
		}
	} finally {
		await sql.close()
	}
}

function ledgerViolations({ calls, upstream }: Crash, rows: readonly EntryRow[]): readonly string[] {
	const byId = new Map(rows.map((row) => [row.id, row]))
	return calls.flatMap((one) => {
		if (one.turn === undefined) return []
		const entry = byId.get(one.turn)
		if (entry === undefined) return [`${one.prompt} (${one.turn}) is not in the accounts`]
		const [mark = ''] = one.prompt.split(' ')
		const [billed, sent] = [Number(entry.completion_tokens), upstream.sent(mark)]
		if (billed > sent) return [`${one.prompt}: ${billed} tokens billed, ${sent} sent`]
		if (one.acknowledged && billed !== sent) return [`${one.prompt}: ${billed} tokens billed of an answer of ${sent}`]
		const certain = one.words.filter((cameMs) => cameMs < one.killedMs - unbilledMs).length
		return billed < certain
			? [`${one.prompt}: ${billed} tokens billed, ${certain} delivered long before the crash`]
			: []
	})
}

/** Sums are what their entries are, so nothing was counted twice. */
async function sumViolations(sql: SQL, rows: readonly EntryRow[]): Promise<readonly string[]> {
	const [sums] = await sql`
		SELECT SUM(requests) AS requests, SUM(completion_tokens) AS completion, SUM(prompt_tokens) AS prompt FROM usage_days`
	const expected = {
		requests: rows.length,
		completion: rows.reduce((sum, row) => sum + Number(row.completion_tokens), 0),
		prompt: rows.reduce((sum, row) => sum + Number(row.prompt_tokens), 0),
	}
	return Object.entries(expected).flatMap(([name, value]) =>
		Number(sums?.[name]) === value ? [] : [`the days' sum of ${name} is ${sums?.[name]}, that of the entries ${value}`],
	)
}

/** Nothing of a dead process is open. */
async function leftovers({ server, database }: Crash, sql: SQL): Promise<readonly string[]> {
	const journals = new Set((await readdir(join(server.data, 'journal'))).map((file) => file.split('.')[0]))
	const [running] = await sql`SELECT COUNT(*) AS count FROM turns WHERE state = 'running'`
	const violations: string[] = []
	if (journals.size !== 1) violations.push(`${journals.size} processes have a journal`)
	if (Number(running?.count) !== 0) violations.push(`${running?.count} turns are still running`)
	if (database.startsWith('sqlite:')) {
		const [check] = await sql`PRAGMA integrity_check`
		if (check?.integrity_check !== 'ok') violations.push(`the database is damaged: ${JSON.stringify(check)}`)
	}
	return violations
}

/** Every acknowledged turn is stored, word for word, after its prompt. */
async function historyViolations({ server, calls }: Crash): Promise<readonly string[]> {
	const stored = calls.filter(({ acknowledged, conversation }) => acknowledged && conversation !== undefined)
	const violations: string[] = []
	for (const conversation of new Set(stored.map(({ conversation }) => conversation))) {
		const response = await server.call(`/v1/conversations/${conversation}/export`)
		const messages = textsOf(JSON.parse(await response.text()))
		for (const { prompt } of stored.filter((one) => one.conversation === conversation)) {
			const at = messages.indexOf(prompt)
			if (at === -1 || !messages.includes(answerTo(prompt))) violations.push(`${prompt} is missing in ${conversation}`)
		}
	}
	for (const { turn, prompt } of calls.filter(({ kind, acknowledged }) => kind === 'response' && acknowledged)) {
		const response = await server.call(`/v1/responses/resp_${turn}`)
		const body = JSON.parse(await response.text())
		if (body.output?.[0]?.content[0]?.text !== answerTo(prompt))
			violations.push(`${prompt} is not the response ${turn}`)
	}
	return violations
}

/** Every text in an export, at any depth. */
function textsOf(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value]
	if (typeof value !== 'object' || value === null) return []
	return Object.values(value).flatMap(textsOf)
}

/** What a client received of a stream is the beginning of what can be read again, and its end is reported. */
async function streamViolations({ server, calls }: Crash): Promise<readonly string[]> {
	const violations: string[] = []
	for (const { turn, prompt, events, acknowledged } of calls.filter(({ kind }) => kind === 'resumable')) {
		if (turn === undefined) continue
		const had = events.split('\n\n').length - 1
		const [complete, rest] = await Promise.all(
			[0, had].map(async (after) => (await server.call(`/v1/streams/${turn}?after=${after}`)).text()),
		)
		if (complete !== events + rest) violations.push(`the stream of ${prompt} does not go on where it stopped`)
		const end = acknowledged ? 'data: [DONE]\n\n' : /"error":|\[DONE\]\n\n$/
		if (typeof end === 'string' ? !complete?.endsWith(end) : !end.test(complete ?? ''))
			violations.push(`the stream of ${prompt} has no end`)
	}
	return violations
}
