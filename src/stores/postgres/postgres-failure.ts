// Recognizes PostgreSQL's errors: by SQLSTATE, which Bun's client returns as `errno`, and by the client's own codes.

import { readErrorCodes } from '../sql/database-failure.ts'
import type { DatabaseFailure } from '../sql/sql-database.ts'

/**
 * Shutdown, startup, too many clients, connection failure, idle transaction timeout; a read-only server after a
 * failover, a cancelled statement, a lock timeout.
 */
const unavailableStates = /^(57P0[1-5]|53\d\d\d|08\w{3}|25P03|25006|57014|55P03)$/
/** Failures to connect and lost connections. */
const unavailableCodes = /^(ERR_POSTGRES_(CONNECTION|IDLE|LIFETIME)_\w+|ECONN\w+|ETIMEDOUT)$/
/** Unique violation or deadlock between concurrent writes. */
const raceStates = /^(23505|40P01)$/
/** A text contains U+0000. */
const invalidTextStates = /^(22021|22P05)$/

export function explainPostgresFailure(thrown: unknown): DatabaseFailure | undefined {
	const { code, errno } = readErrorCodes(thrown)
	if (unavailableCodes.test(code) || unavailableStates.test(errno) || unavailableStates.test(code)) return 'unavailable'
	if (raceStates.test(errno) || raceStates.test(code)) return 'race'
	return invalidTextStates.test(errno) ? 'invalid-text' : undefined
}
