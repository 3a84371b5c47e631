// The worker thread of sqlite-thread.ts: one connection to a SQLite file. It runs the calls in the order in which they
// arrive, and may block, since nothing else runs in it.

import type { Row } from '../sql/sql.ts'
import { OpenedFile } from './opened-file.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import type { Statement } from './statement.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

export type ThreadCall =
	/** The first call. */
	| { readonly type: 'open'; readonly file: string; readonly readonly: boolean }
	| { readonly type: 'run'; readonly statement: Statement }
	/** The first statement of a transaction. */
	| { readonly type: 'begin'; readonly mode: string; readonly statement: Statement }
	/** A further statement of a transaction. */
	| { readonly type: 'continue'; readonly statement: Statement }
	/** Returns when the transaction is on disk. With `requiresAll` it fails if a statement of the transaction has failed. */
	| { readonly type: 'commit'; readonly requiresAll: boolean }
	| { readonly type: 'rollback' }
	| { readonly type: 'close' }

export interface ThreadRequest {
	readonly id: number
	readonly call: ThreadCall
}

export interface ThreadResponse {
	readonly id: number
	readonly rows: readonly Row[]
	readonly failure: ThreadFailure | undefined
	/** How long the call took in the thread, in milliseconds. */
	readonly tookMs: number
}

/** An error without its class, which a message cannot contain. */
export interface ThreadFailure {
	readonly message: string
	readonly code: string
	readonly errno: number
}

declare const self: Worker

let connection: SqliteConnection | undefined
let opened: OpenedFile | undefined
let log: WriteAheadLog | undefined
/** Why the transaction is not open, or may not be committed: what failed first in it. */
let firstFailure: unknown
const none: readonly Row[] = []

self.onmessage = ({ data }: MessageEvent<readonly ThreadRequest[]>) => {
	self.postMessage(data.map(responseTo))
}

function responseTo({ id, call }: ThreadRequest): ThreadResponse {
	const startMs = performance.now()
	const response = (rows: readonly Row[], failure?: ThreadFailure) => ({
		id,
		rows,
		failure,
		tookMs: performance.now() - startMs,
	})
	try {
		return response(respond(call))
	} catch (thrown) {
		return response(none, failureOf(thrown))
	}
}

function respond(call: ThreadCall): readonly Row[] {
	if (call.type === 'open') {
		connection = new SqliteConnection(call.file, call.readonly)
		opened = new OpenedFile(call.file)
		log = new WriteAheadLog(`${call.file}-wal`)
		return none
	}
	if (connection === undefined) throw new Error('the connection is not open')
	switch (call.type) {
		case 'run':
			return connection.run(call.statement)
		case 'begin':
			return begin(connection, call)
		case 'continue':
			// Otherwise the statement would be a transaction of its own.
			if (!connection.inTransaction) throw rolledBack()
			return runOf(connection, call.statement)
		case 'commit':
			if (!connection.inTransaction) throw rolledBack()
			if (call.requiresAll && firstFailure !== undefined) throw firstFailure
			opened?.expectUnmoved()
			connection.commit()
			log?.sync()
			return none
		case 'rollback':
			connection.rollback()
			return none
		case 'close':
			connection.close()
			log?.close()
			connection = undefined
			return none
		default:
			return call satisfies never
	}
}

function begin(open: SqliteConnection, { mode, statement }: Extract<ThreadCall, { type: 'begin' }>): readonly Row[] {
	firstFailure = undefined
	try {
		open.begin(mode)
	} catch (thrown) {
		firstFailure = thrown
		throw thrown
	}
	return runOf(open, statement)
}

/** A statement of a transaction. */
function runOf(open: SqliteConnection, statement: Statement): readonly Row[] {
	try {
		return open.run(statement)
	} catch (thrown) {
		firstFailure ??= thrown
		throw thrown
	}
}

/** Later statements are sent before it is known that an earlier one failed: they fail for the same reason. */
function rolledBack(): unknown {
	return firstFailure ?? new Error('the transaction was rolled back')
}

function failureOf(thrown: unknown): ThreadFailure {
	if (!(thrown instanceof Error)) return { message: String(thrown), code: '', errno: 0 }
	return {
		message: thrown.message,
		code: 'code' in thrown ? String(thrown.code) : '',
		errno: 'errno' in thrown ? Number(thrown.errno) : 0,
	}
}
