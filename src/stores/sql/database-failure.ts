// Converts database failures to ChatErrors: a database that is unreachable or does not respond in time is
// `unavailable`, which is temporary, instead of an internal error. Each database recognizes its own errors; this file
// knows none of them.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import type { DatabaseFailure, SqlDatabase } from './sql-database.ts'

/** Timeout of a database operation, in milliseconds. */
export const timeoutMs = 5000

/**
 * Wraps `store` so that failures of its database become ChatErrors. All methods become asynchronous. If an operation
 * times out, the database reconnects.
 */
export function explainingFailures<Store extends object>(
	store: Store,
	database: Pick<SqlDatabase, 'explain' | 'reconnect' | 'delayCause'>,
): Store {
	return new Proxy(store, {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target)
			if (typeof member !== 'function') return member
			return (...parameters: unknown[]) => explained(Promise.resolve(member.apply(target, parameters)), database)
		},
	})
}

async function explained(
	work: Promise<unknown>,
	database: Pick<SqlDatabase, 'explain' | 'reconnect' | 'delayCause'>,
): Promise<unknown> {
	let timer: ReturnType<typeof setTimeout> | undefined
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			const cause = database.delayCause?.()
			reject(unavailable(new Error(`the database did not respond within ${timeoutMs} ms`, { cause })))
			database.reconnect('timeout')
		}, timeoutMs)
	})
	try {
		return await Promise.race([work, late])
	} catch (thrown) {
		const failure = database.explain(thrown)
		if (failure === 'session-lost') database.reconnect('session-lost')
		throw failure === undefined ? thrown : explainedError(failure, thrown)
	} finally {
		clearTimeout(timer)
	}
}

function explainedError(failure: DatabaseFailure, cause: unknown): unknown {
	switch (failure) {
		case 'unavailable':
		case 'session-lost':
		case 'contention':
			return unavailable(cause)
		case 'invalid-text':
			return invalidText('A text contains the character U+0000, which cannot be stored.', cause)
		case 'unsupported-text':
			return invalidText('A text contains a character that the encoding of the database cannot represent.', cause)
		case 'duplicate':
			return cause
		default:
			return failure satisfies never
	}
}

function invalidText(message: string, cause: unknown): ChatError {
	return new ChatError('invalid-request', message, { cause })
}

/** The error that a caller receives while the database cannot be used. */
export function unavailable(cause: unknown): ChatError {
	return new ChatError('unavailable', 'The database is temporarily unavailable.', {
		code: 'store_unavailable',
		retryAfterMs: 1000,
		cause,
	})
}

/** The error that a caller receives if too many reads or writes are pending and it has the most. */
export function storeOverloaded(pending: 'reads' | 'writes'): ChatError {
	return new ChatError('overloaded', `Too many ${pending} are pending.`, {
		code: 'store_overloaded',
		retryAfterMs: 1000,
	})
}

const databaseError = z.object({ code: z.string(), errno: z.union([z.string(), z.number()]).optional() })

/** The codes of an error that a database client throws; empty texts if it has none. */
export function readErrorCodes(thrown: unknown): { readonly code: string; readonly errno: string } {
	const { data } = databaseError.safeParse(thrown)
	return { code: data?.code ?? '', errno: String(data?.errno ?? '') }
}
