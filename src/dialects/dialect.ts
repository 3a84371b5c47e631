// The API of one kind of client: its paths, and how its requests are read and its responses written. A dialect is a
// codec: it does not know keys, models, engines or stores. It reads and writes plain data of chat/, operations/ and the
// domain folders; call.ts and local-operation.ts have the requests, writer.ts the responses. To add one: a folder
// beside this file with a sample for the contract suite, a line in list.ts, a page in docs/.

import type { z } from 'zod'
import type { ChatError } from '../chat/error.ts'
import type { ConnectionTurns } from '../conversations/recent-turns.ts'
import type { RequestHeaders } from '../http/request-headers.ts'
import type { Method } from '../http/route-table.ts'
import type { LimitState } from '../limits/limit-state.ts'
import type { ApiDescription } from './api-description.ts'
import type { ModelCall } from './call.ts'
import type { LocalOperation } from './local-operation.ts'
import type { WrittenError } from './writer.ts'

export interface Dialect {
	/** The name of its folder. */
	readonly name: string
	/** Path prefix of this dialect alone, such as `/openai`. */
	readonly mount: string
	/** Prefixes of each route's path, below the mount and, shared with other dialects, below the root; `''` for none. */
	readonly prefixes: readonly string[]
	readonly routes: readonly Route[]
	/** Whether the headers identify a client of this dialect, which then gets no path of another one. */
	recognizes?(headers: RequestHeaders): boolean
	/**
	 * Whether the headers identify a client library that was made for this dialect, but serves others as well. It selects
	 * this dialect instead of a default whose own clients are recognized.
	 */
	suggests?(headers: RequestHeaders): boolean
	/** Keep-alive text for idle streams, as whole lines; `''` for clients that cannot parse one. A comment if absent. */
	readonly heartbeat?: string
	/** Routes that are also served over a WebSocket. */
	readonly sockets?: readonly SocketRoute[]
	/** Writes the response for a failure before the first byte of an answer. */
	writeError(error: ChatError, requestId?: string): WrittenError
	/** Loads what it states about its API. */
	describe(): Promise<ApiDescription>
	/** Headers of every response, including errors. */
	headers(facts: ResponseFacts): Readonly<Record<string, string>>
}

/** The facts that the headers of a response may report. */
export interface ResponseFacts {
	readonly processingMs: number
	readonly requestId: string
	/** Milliseconds since 1970. */
	readonly nowMs: number
	/** The limits that apply to the request; empty if there are none. */
	readonly limits: readonly LimitState[]
}

/** A parsed request. */
export type Call = ModelCall | LocalOperation

export interface Route {
	readonly method: Method
	/** Without prefix; segments may be `{name}`, and a final one also matches slashes. */
	readonly path: string
	/** `json` for POST and PATCH if absent. `none`: the body is not read. `optional`: JSON, or nothing. */
	readonly body?: 'json' | 'optional' | 'form' | 'none'
	/**
	 * Describes the body, for documents and tests. `read` checks bodies itself: it may use this schema, and more of them.
	 * Absent if no body is read, and for routes that refuse every request.
	 */
	readonly bodySchema?: z.ZodType | undefined
	/** Status of successful responses, 200 if absent; 204 has no body. */
	readonly status?: number
	/** Served without authentication. */
	readonly open?: true
	/** Only served to clients of this dialect: clients of others get `not-found`. */
	readonly explicitOnly?: true
	/** @throws ChatError if the request is invalid. */
	read(input: RouteInput): Call | Promise<Call>
}

export interface RouteInput {
	/** The parsed body: JSON, or the fields of a form; undefined if the route reads none, or it is optional and empty. */
	readonly body: unknown
	readonly headers: RequestHeaders
	/** The value of each `{name}`, decoded. */
	readonly parameters: readonly string[]
	readonly query: () => URLSearchParams
	/** The message of a WebSocket that the request was read from, as the dialect's socket route read it. */
	readonly message?: object | undefined
	/**
	 * Runs work that takes a thread of its own, in the caller's turn; immediately if absent.
	 *
	 * @throws ChatError `overloaded` if too much work waits.
	 */
	readonly inThread?: (<Result>(work: () => Promise<Result>) => Promise<Result>) | undefined
	/**
	 * Whether `user` and `id` of a chat request identify a stored conversation, as the caller's key or the configuration
	 * sets it; undefined if neither does: then the dialect's default applies.
	 */
	readonly userIdHistory?: boolean | undefined
}

/** Maps the messages of a WebSocket to requests of a POST route. */
export interface SocketRoute {
	/** The path of the route, without prefix. */
	readonly path: string
	/**
	 * @param parse returns the JSON of the message, or throws what its parser throws.
	 * @param turns that the connection holds.
	 * @throws ChatError if the message is invalid.
	 */
	read(parse: () => unknown, turns: ConnectionTurns): SocketMessage
	/** Converts the text of a stream, in chunks of any size, into frames. */
	frames(lane: string | undefined): { add(piece: string): readonly string[] }
	/** Writes the route's response if it is not a stream. */
	writeFailure(status: number, body: unknown, lane: string | undefined): string
	writeError(error: ChatError): WrittenError
}

/** A message of a client. The route gets the same object as `RouteInput.message`. */
export interface SocketMessage {
	/** The request body; the response must be a stream. */
	readonly body: unknown
	/** The id of its lane. Messages with the same one, or without one, are answered one after the other. */
	readonly lane?: string | undefined
	/** The request failed before its stream began. */
	fail(): void
}
