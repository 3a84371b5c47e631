// What must be there after a crash and a restart, looked for in the server's answers and in its database.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SQL } from 'bun'
import type { TestServer } from '../server.ts'
import { answerTo, type CountingUpstream } from './counting-upstream.ts'
import type { Seen } from './load.ts'

/** Words that came within this time before the crash may be missing from the accounts: 100 ms, and what a busy machine adds. */
const unbilledMs = 400

export interface Crash {
	/** The server, started again. */
	readonly server: TestServer
	readonly upstream: CountingUpstream
	readonly database: string
	/** Everything that was seen, in this round and before. */
	readonly seen: readonly Seen[]
}

export interface Findings {
	readonly turns: number
	readonly entries: number
	readonly interrupted: number
	/** What is wrong; nothing where all is well. */
	readonly complaints: readonly string[]
}

interface EntryRow {
	readonly id: string
	readonly outcome: string
	readonly completion_tokens: number | string
	readonly prompt_tokens: number | string
}

export async function examine(crash: Crash): Promise<Findings> {
	const complaints: string[] = []
	// FailOverRequest for sums brings every account that was settled to the database.
	const usage = await crash.server.call('/v1/organization/usage/completions?start_time=0')
	if (usage.status !== 200) complaints.push(`usage answered ${usage.status}`)
	const sql = new SQL(crash.database)
	try {
		const rows: readonly EntryRow[] = Array.from(await sql`SELECT * FROM ledger`)
		complaints.push(...accountComplaints(crash, rows))
		complaints.push(...(await sumComplaints(sql, rows)))
		complaints.push(...(await leftovers(crash, sql)))
		complaints.push(...(await historyComplaints(crash)))
		complaints.push(...(await streamComplaints(crash)))
		return {
			turns: crash.seen.filter(({ acknowledged }) => acknowledged).length,
			entries: rows.length,
			interrupted: rows.filter(({ outcome }) => outcome === 'interrupted').length,
			complaints,
		}
	} finally {
		await sql.close()
	}
}

function accountComplaints({ seen, upstream }: Crash, rows: readonly EntryRow[]): readonly string[] {
	const byId = new Map(rows.map((row) => [row.id, row]))
	return seen.flatMap((one) => {
		if (one.turn === undefined) return []
		const entry = byId.get(one.turn)
		if (entry === undefined) return [`${one.asked} (${one.turn}) is not in the accounts`]
		const [mark = ''] = one.asked.split(' ')
		const [billed, sent] = [Number(entry.completion_tokens), upstream.sent(mark)]
		if (billed > sent) return [`${one.asked}: ${billed} tokens billed, ${sent} sent`]
		if (one.acknowledged && billed !== sent) return [`${one.asked}: ${billed} tokens billed of an answer of ${sent}`]
		const certain = one.words.filter((cameMs) => cameMs < one.killedMs - unbilledMs).length
		return billed < certain ? [`${one.asked}: ${billed} tokens billed, ${certain} delivered long before the crash`] : []
	})
}

/** Sums are what their entries are, so nothing was counted twice. */
async function sumComplaints(sql: SQL, rows: readonly EntryRow[]): Promise<readonly string[]> {
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
	const complaints: string[] = []
	if (journals.size !== 1) complaints.push(`${journals.size} processes have a journal`)
	if (Number(running?.count) !== 0) complaints.push(`${running?.count} turns are still running`)
	if (database.startsWith('sqlite:')) {
		const [check] = await sql`PRAGMA integrity_check`
		if (check?.integrity_check !== 'ok') complaints.push(`the database is damaged: ${JSON.stringify(check)}`)
	}
	return complaints
}

/** Every turn that its client was told of is there, word for word, behind what was asked. */
async function historyComplaints({ server, seen }: Crash): Promise<readonly string[]> {
	const kept = seen.filter(({ acknowledged, conversation }) => acknowledged && conversation !== undefined)
	const complaints: string[] = []
	for (const conversation of new Set(kept.map(({ conversation }) => conversation))) {
		const response = await server.call(`/v1/conversations/${conversation}/export`)
		const messages = textsOf(JSON.parse(await response.text()))
		for (const { asked } of kept.filter((one) => one.conversation === conversation)) {
			const at = messages.indexOf(asked)
			if (at === -1 || !messages.includes(answerTo(asked))) complaints.push(`${asked} is missing in ${conversation}`)
		}
	}
	for (const { turn, asked } of seen.filter(({ kind, acknowledged }) => kind === 'response' && acknowledged)) {
		const response = await server.call(`/v1/responses/resp_${turn}`)
		const body = JSON.parse(await response.text())
		if (body.output?.[0]?.content[0]?.text !== answerTo(asked)) complaints.push(`${asked} is not the response ${turn}`)
	}
	return complaints
}

/** Every text in an export, wherever it stands. */
function textsOf(value: unknown): readonly string[] {
	if (typeof value === 'string') return [value]
	if (typeof value !== 'object' || value === null) return []
	return Object.values(value).flatMap(textsOf)
}

/** What a client had of a stream is the beginning of what can be read again, and its end is told. */
async function streamComplaints({ server, seen }: Crash): Promise<readonly string[]> {
	const complaints: string[] = []
	for (const { turn, asked, events, acknowledged } of seen.filter(({ kind }) => kind === 'resumable')) {
		if (turn === undefined) continue
		const had = events.split('\n\n').length - 1
		const [whole, rest] = await Promise.all(
			[0, had].map(async (after) => (await server.call(`/v1/streams/${turn}?after=${after}`)).text()),
		)
		if (whole !== events + rest) complaints.push(`the stream of ${asked} does not go on where it stopped`)
		const end = acknowledged ? 'data: [DONE]\n\n' : /"error":|\[DONE\]\n\n$/
		if (typeof end === 'string' ? !whole?.endsWith(end) : !end.test(whole ?? ''))
			complaints.push(`the stream of ${asked} has no end`)
	}
	return complaints
}
