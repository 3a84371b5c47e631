// Finds out how connections reach PostgreSQL: directly, or through a connection pooler such as PgBouncer. It does not
// know the tables.

import { SQL } from 'bun'
import { DatabaseError } from '../database-error.ts'
import { readErrorCodes } from '../sql/database-failure.ts'

/**
 * - `none`: connections are sessions of the server.
 * - `session`: a pooler, in which a connection is one session as long as it is open.
 * - `transaction`: a pooler, in which each transaction of a connection may be in another session.
 */
export type Pooling = 'none' | 'session' | 'transaction'

/** Timeout of connecting, in seconds. */
export const connectionTimeout = 3
/** How long a pooler may take to serve connections, in milliseconds. */
const serviceTimeoutMs = 5000
/** SQLSTATE of a start-up parameter that a pooler does not accept. */
const refusedParameter = '08P01'
/**
 * Which of two connections asks for its session. A pooler that assigns sessions in turn, or the one that was last
 * released, gives one of the connections another session, or both the same.
 */
const questions = [0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0] as const

/**
 * @param url without parameters of this program.
 * @throws Error if the server cannot be reached, DatabaseError if a pooler serves less than two connections.
 */
export async function detectPooling(url: string): Promise<Pooling> {
	const acceptsParameters = await accepts(url)
	const clients = [probe(url), probe(url)] as const
	try {
		return await within(async () => {
			const sessions = [await sessionOf(clients[0]), await sessionOf(clients[1])] as const
			if (sessions[0] === sessions[1]) return 'transaction'
			for (const question of questions)
				if ((await sessionOf(clients[question])) !== sessions[question]) return 'transaction'
			return acceptsParameters ? 'none' : 'session'
		})
	} finally {
		for (const client of clients) void client.close({ timeout: 0 }).catch(() => undefined)
	}
}

/**
 * Checks that a pooler in session mode serves `count` connections at the same time.
 *
 * @throws DatabaseError if it does not.
 */
export async function requireConnections(url: string, count: number): Promise<void> {
	const client = new SQL(url, { max: count, connectionTimeout, prepare: false })
	const all = Promise.withResolvers<void>()
	let served = 0
	const hold = () =>
		client.begin(async (transaction) => {
			await transaction`SELECT 1`
			served++
			if (served === count) all.resolve()
			await all.promise
		})
	const timer = setTimeout(all.resolve, serviceTimeoutMs)
	try {
		const holding = Array.from({ length: count }, () => hold().catch(() => undefined))
		await Promise.race([all.promise, Promise.all(holding)])
		if (served < count) throw tooSmall(served, count)
	} finally {
		clearTimeout(timer)
		await client.close({ timeout: 0 }).catch(() => undefined)
	}
}

function tooSmall(served: number, count: number): DatabaseError {
	return new DatabaseError(
		`The connection pooler is in session mode and served only ${served} of the ${count} connections that a process uses. Use transaction mode (pool_mode = transaction), or increase the size of its pool to ${count} for each process.`,
	)
}

/** Whether the server has the value of a start-up parameter that the client sent: poolers refuse or ignore it. */
async function accepts(url: string): Promise<boolean> {
	const sent = 30_000 + Math.floor(Math.random() * 9000) + 1
	const client = new SQL(url, {
		max: 1,
		connectionTimeout,
		prepare: false,
		connection: { idle_in_transaction_session_timeout: sent },
	})
	try {
		return await within(async () => {
			const [row] = await client`SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`
			return Number(row?.setting) === sent
		})
	} catch (thrown) {
		if (readErrorCodes(thrown).errno === refusedParameter) return false
		throw thrown
	} finally {
		void client.close({ timeout: 0 }).catch(() => undefined)
	}
}

function probe(url: string): SQL {
	return new SQL(url, { max: 1, connectionTimeout, prepare: false })
}

async function sessionOf(client: SQL): Promise<string> {
	const [row] = await client`SELECT pg_backend_pid() AS session`
	return String(row?.session)
}

async function within<Result>(work: () => Promise<Result>): Promise<Result> {
	let timer: ReturnType<typeof setTimeout> | undefined
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(notServed()), serviceTimeoutMs)
	})
	try {
		return await Promise.race([work(), late])
	} finally {
		clearTimeout(timer)
	}
}

function notServed(): DatabaseError {
	return new DatabaseError(
		`The server did not serve two connections within ${serviceTimeoutMs / 1000} s. If it is a connection pooler in session mode, increase the size of its pool, or use transaction mode.`,
	)
}
