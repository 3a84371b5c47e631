// Database errors that an operator can correct. The message is complete, contains no password, and is printed without a
// stack.

export class DatabaseError extends Error {
	override readonly name: string = 'DatabaseError'
}

/** The database does not exist, or has no Dragoman tables. */
export class NoDatabaseError extends DatabaseError {
	override readonly name = 'NoDatabaseError'
}
