// What an operator is told of a database, and can mend: its message stands alone, holds no password and needs no stack.

export class DatabaseError extends Error {
	override readonly name = 'DatabaseError'
}
