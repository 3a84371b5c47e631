// Converts database failures to ChatErrors: a database that is unreachable or does not respond in time is `unavailable`, which is temporary,
// instead of an internal error.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'

const databaseError = z.object({ code: z.string(), errno: z.union([z.string(), z.number()]).optional() })

/** SQLSTATE codes of PostgreSQL: shutdown, startup, too many clients, connection failure, idle transaction timeout. */
const awayStates = /^(57P0[1-5]|53\d\d\d|08\w{3}|25P03)$/
/** Failures to connect and lost connections; for SQLite a file that is locked for too long, or a full disk. */
const awayCodes =
	/^(ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)_\w+|ECONN\w+|ETIMEDOUT|SQLITE_(BUSY|FULL|IOERR|LOCKED)\w*)$/
/** A text contains U+0000, which PostgreSQL cannot store. */
const refusedText = /^(22021|22P05)$/
/** Unique violation or deadlock between concurrent writes. */
const raceStates = /^(23505|40P01)$/

/** Timeout of a database operation, in milliseconds. */
export const timeoutMs = 5000

/** Connection-level failure, not a query error. */
export function isAway(thrown: unknown): boolean {
	const { code, errno } = read(thrown)
	return awayCodes.test(code) || awayStates.test(errno) || awayStates.test(code)
}

/** Whether the same work may succeed if it is retried immediately. */
export function isRace(thrown: unknown): boolean {
	const { code, errno } = read(thrown)
	return raceStates.test(errno) || raceStates.test(code)
}

/**
 * Wraps `store` so that database failures become ChatErrors. All methods become asynchronous.
 *
 * @param silent called if a database operation times out.
 */
export function reachable<Store extends object>(store: Store, silent: () => void): Store {
	return new Proxy(store, {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target)
			if (typeof member !== 'function') return member
			return (...parameters: unknown[]) => explained(Promise.resolve(member.apply(target, parameters)), silent)
		},
	})
}

async function explained(work: Promise<unknown>, silent: () => void): Promise<unknown> {
	let timer: ReturnType<typeof setTimeout> | undefined
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			reject(unavailable(new Error(`the database did not respond within ${timeoutMs} ms`)))
			silent()
		}, timeoutMs)
	})
	try {
		return await Promise.race([work, late])
	} catch (thrown) {
		if (isAway(thrown)) throw unavailable(thrown)
		if (refusedText.test(read(thrown).errno))
			throw new ChatError('invalid-request', 'A text contains the character U+0000, which cannot be stored.', {
				cause: thrown,
			})
		throw thrown
	} finally {
		clearTimeout(timer)
	}
}

function unavailable(cause: unknown): ChatError {
	return new ChatError('unavailable', 'The database is temporarily unavailable.', {
		code: 'store_unavailable',
		retryAfterMs: 1000,
		cause,
	})
}

function read(thrown: unknown): { readonly code: string; readonly errno: string } {
	const { data } = databaseError.safeParse(thrown)
	return { code: data?.code ?? '', errno: String(data?.errno ?? '') }
}
