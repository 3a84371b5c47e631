// SQLite's errors on a full disk, with the reason in their message.

/** The second one is of the shared memory of the write-ahead log. */
const codes: ReadonlySet<string> = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'])

/** The message of an error with this code. */
export function describeFullDisk(message: string, code: string): string {
	return codes.has(code) ? `no space left on the device (${message})` : message
}

/** Runs `work`. Its errors have messages of `describeFullDisk`. */
export function explainingFullDisk<Result>(work: () => Result): Result {
	try {
		return work()
	} catch (thrown) {
		if (thrown instanceof Error) thrown.message = describeFullDisk(thrown.message, String(Reflect.get(thrown, 'code')))
		throw thrown
	}
}
