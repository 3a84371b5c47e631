// What an operator reads about a database, and can correct: its message is complete, holds no password and needs no stack.

export class DatabaseError extends Error {
	override readonly name: string = 'DatabaseError'
}

/** There is no database, or one without our tables. */
export class NoDatabaseError extends DatabaseError {
	override readonly name = 'NoDatabaseError'
}
