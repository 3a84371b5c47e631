// A store whose failures say what a caller can do about them: where the database cannot be reached, or not in time, that is `unavailable`
// for now, and not a defect.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'

const databaseError = z.object({ code: z.string(), errno: z.union([z.string(), z.number()]).optional() })

/** PostgreSQL's own codes for: shutting down, starting up, too many clients, connection lost, a transaction left idle. */
const awayStates = /^(57P0[1-5]|53\d\d\d|08\w{3}|25P03)$/
/** What a connection says that could not be made, or broke; and SQLite where a file is locked for too long, or the disk is full. */
const awayCodes =
	/^(ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)_\w+|ECONN\w+|ETIMEDOUT|SQLITE_(BUSY|FULL|IOERR|LOCKED)\w*)$/
/** A text holds U+0000, which PostgreSQL does not keep. */
const refusedText = /^(22021|22P05)$/
/** Two wrote the same place at once, or waited for each other. */
const raceStates = /^(23505|40P01)$/

/** How long the database may take, in milliseconds. */
export const patienceMs = 5000

/** Whether the database is away, rather than the request wrong. */
export function isAway(thrown: unknown): boolean {
	const { code, errno } = read(thrown)
	return awayCodes.test(code) || awayStates.test(errno) || awayStates.test(code)
}

/** Whether the same work may succeed when it is done again at once. */
export function isRace(thrown: unknown): boolean {
	const { code, errno } = read(thrown)
	return raceStates.test(errno) || raceStates.test(code)
}

/**
 * `store` with every failure of the database told as a ChatError; all its methods are asynchronous.
 *
 * @param silent called where the database took too long for one of them.
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
			reject(unavailable(new Error('the database takes too long')))
			silent()
		}, patienceMs)
	})
	try {
		return await Promise.race([work, late])
	} catch (thrown) {
		if (isAway(thrown)) throw unavailable(thrown)
		if (refusedText.test(read(thrown).errno))
			throw new ChatError('invalid-request', 'A text holds the character U+0000, which cannot be kept.', {
				cause: thrown,
			})
		throw thrown
	} finally {
		clearTimeout(timer)
	}
}

function unavailable(cause: unknown): ChatError {
	return new ChatError('unavailable', 'What is kept cannot be reached at the moment.', {
		code: 'store_unavailable',
		retryAfterMs: 1000,
		cause,
	})
}

function read(thrown: unknown): { readonly code: string; readonly errno: string } {
	const { data } = databaseError.safeParse(thrown)
	return { code: data?.code ?? '', errno: String(data?.errno ?? '') }
}
