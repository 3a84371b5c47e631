// The API of one kind of client. A dialect reads requests into calls and writes the responses; it is independent of keys, models and engines.
// To add one: a folder beside this file, a line in list.ts, a page in docs/.

import type { Completion } from '../chat/completion.ts'
import type { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Source } from '../chat/source.ts'
import type { ConversationId } from '../conversations/conversation-id.ts'
import type { ScopedConversations } from '../conversations/conversation-store.ts'
import type { Thread, ThreadMessages } from '../conversations/thread.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { Method } from '../http/route-table.ts'
import type { OwnKeys } from '../keys/own-keys.ts'
import type { Scope } from '../keys/scope.ts'
import type { EntryQuery, EntrySum, LedgerEntry, UsageQuery, UsageSum } from '../ledger/ledger-store.ts'
import type { EmbeddingRequest, Embeddings } from '../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../operations/reranking.ts'
import type { TextCompletionRequest } from '../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../operations/tokenization.ts'
import type { Transcription, TranscriptionRequest } from '../operations/transcription.ts'
import type { Model, Price } from '../routing/model.ts'

export interface Dialect {
	/** The name of its folder. */
	readonly name: string
	/** Path prefix of this dialect alone, such as `/openai`. */
	readonly mount: string
	/** Prefixes of each route's path, below the mount and, shared with other dialects, below the root; `''` for none. */
	readonly prefixes: readonly string[]
	readonly routes: readonly Route[]
	/** Whether the headers identify a client of this dialect. */
	recognises?(headers: Headers): boolean
	/** Keep-alive text for idle streams, as whole lines; `''` for clients that cannot parse one. A comment if absent. */
	readonly heartbeat?: string
	/** Routes that are also served over a WebSocket. */
	readonly sockets?: readonly SocketRoute[]
	/** Writes the response for a failure before the first byte of an answer. */
	writeError(error: ChatError, requestId?: string): WrittenError
	/** Headers of every response, including errors. */
	headers(facts: { readonly processingMs: number; readonly requestId: string }): Readonly<Record<string, string>>
}

export interface Route {
	readonly method: Method
	/** Without prefix; segments may be `{name}`, and a final one also matches slashes. */
	readonly path: string
	/** `json` for POST and PATCH if absent. `none`: the body is not read. */
	readonly body?: 'json' | 'form' | 'none'
	/** Status of successful responses, 200 if absent; 204 has no body. */
	readonly status?: number
	/** Served without authentication. */
	readonly open?: true
	/** Only served to clients of this dialect: clients of others get `not-found`. */
	readonly explicitly?: true
	/** @throws ChatError if the request is invalid. */
	read(input: RouteInput): Call | Promise<Call>
}

/** Maps the messages of a WebSocket to requests of a POST route. */
export interface SocketRoute {
	/** The path of the route, without prefix. */
	readonly path: string
	/** @throws ChatError if the message is invalid. */
	read(text: string): {
		/** The request body; the response must be a stream. */
		readonly body: unknown
		/** Identifies the stream on its socket. */
		readonly tag?: string
	}
	/** Converts the text of a stream, in chunks of any size, into frames. */
	frames(tag: string | undefined): { add(piece: string): readonly string[] }
	/** Writes the route's response if it is not a stream. */
	writeFailure(status: number, body: unknown, tag: string | undefined): string
	writeError(error: ChatError): WrittenError
}

export interface RouteInput {
	/** The parsed body: JSON, or the fields of a form; undefined if there is none. */
	readonly body: unknown
	readonly headers: Headers
	/** The value of each `{name}`, decoded. */
	readonly parameters: readonly string[]
	readonly query: () => URLSearchParams
	/**
	 * Whether `user` and `id` of a chat request identify a stored conversation, as the caller's key or the configuration sets it; undefined if
	 * neither does: then the dialect's default applies.
	 */
	readonly userIdHistory?: boolean | undefined
}

/** A parsed request: the operation, its input, and the writer of its response. */
export type Call =
	| ChatCall
	| TextCompletionCall
	| EmbeddingCall
	| RerankCall
	| TranscribeCall
	| TokenizeCall
	| DetokenizeCall
	| CountCall
	| ListModelsCall
	| ShowModelCall
	| StoredCall
	| ResumeCall
	| CancelCall
	| UsageCall
	| EntriesCall
	| KeysCall
	| WhoCall
	| ConstantCall

/** Execution options of a call. */
export interface CallOptions {
	/** Parts of the request that this dialect does not support, by the client's names. Reported in `x-dragoman-dropped`. */
	readonly dropped?: readonly string[]
	/** The client's labels for accounting, such as an account or tags. Written to the request log. */
	readonly labels?: Readonly<Record<string, string>>
	/** `low` yields to all other calls and is rejected first under load. */
	readonly priority?: 'low'
}

export interface ChatCall extends CallOptions {
	readonly type: 'chat'
	readonly request: ChatRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
	/** Set if the turn is part of a stored conversation. */
	readonly thread?: Thread
	/** The parts of the request's messages in a conversation that headers name; if absent, all of them are new. */
	readonly parts?: ThreadMessages
	/** The id of the answer is the id of the conversation. */
	readonly answersAsConversation?: boolean
	/** Set if the request refers to stored messages. Returns the same call with the messages inserted. */
	readonly resolve?: (own: ScopedConversations) => Promise<ChatCall>
	/** Answered immediately with `writer.accepted`, while the turn continues without its client. Requires a stored thread. */
	readonly background?: boolean
}

export interface TextCompletionCall extends CallOptions {
	readonly type: 'complete'
	readonly request: TextCompletionRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
}

/** A unary call. */
interface WholeCall<Type extends string, Request, Result> extends CallOptions {
	readonly type: Type
	readonly request: Request
	readonly write: (result: Result, identity: ResponseContext) => unknown
}

export type EmbeddingCall = WholeCall<'embed', EmbeddingRequest, Embeddings>
export type RerankCall = WholeCall<'rerank', RerankRequest, Ranking>
export type TranscribeCall = WholeCall<'transcribe', TranscriptionRequest, Transcription>
export type TokenizeCall = WholeCall<'tokenize', TokenizeRequest, Tokens>
/** The result is the text. */
export type DetokenizeCall = WholeCall<'detokenize', DetokenizeRequest, string>

/** Counts the tokens of a request, including its conversation. */
export interface CountCall {
	readonly type: 'count'
	readonly request: ChatRequest
	readonly thread?: Thread
	/** See `ChatCall`. */
	readonly resolve?: (own: ScopedConversations) => Promise<CountCall>
	readonly write: (promptTokens: number) => unknown
}

/** A call on stored data, without an engine. */
export interface StoredCall {
	readonly type: 'stored'
	/** @throws ChatError `not-found`, or another kind if the request is invalid. */
	readonly answer: (own: ScopedConversations, facts: StoredCallContext) => Promise<unknown>
}

export interface StoredCallContext {
	/** Milliseconds since 1970. */
	readonly nowMs: number
	/** Identifies this process, for turns that it begins. */
	readonly process: string
}

/** Reads the events of a stored stream. */
export interface ResumeCall {
	readonly type: 'resume'
	readonly turn: TurnId
	/** Number of events that the client has already read. */
	readonly after: number
	/** The error to throw if the stream does not exist. */
	readonly missing: () => ChatError
}

/** Cancels a turn that runs without its client. */
export interface CancelCall {
	readonly type: 'cancel'
	readonly turn: TurnId
	readonly missing: () => ChatError
	/** Writes the turn after it has ended. */
	readonly answer: (own: ScopedConversations) => Promise<unknown>
}

/** Aggregated usage. Callers without the role admin get their own usage only. */
export interface UsageCall {
	readonly type: 'usage'
	readonly query: UsageQuery
	/** Restricts admins to their own usage as well. */
	readonly own?: true
	readonly write: (sums: readonly UsageSum[], nowMs: number) => unknown
}

/** The caller's own usage records. */
export interface EntriesCall {
	readonly type: 'entries'
	/** @param nowMs milliseconds since 1970. */
	readonly query: (nowMs: number) => Omit<EntryQuery, keyof Scope>
	readonly write: (page: EntryPage) => unknown
}

export interface EntryPage {
	readonly entries: readonly LedgerEntry[]
	/** Totals of all records that match the query, not of this page only. */
	readonly sum: EntrySum
	/** Names of the caller's keys, by id. */
	readonly keyNames: ReadonlyMap<string, string>
	/** The owner of the caller's key. */
	readonly owner: string
}

/** A call on the caller's own keys. */
export interface KeysCall {
	readonly type: 'keys'
	/** @throws ChatError `not-found`, or another kind if the request is invalid. */
	readonly answer: (own: OwnKeys, facts: { readonly nowMs: number }) => Promise<unknown>
}

/** The identity of the caller. */
export interface WhoCall {
	readonly type: 'who'
	readonly write: (caller: Caller) => unknown
}

export interface Caller {
	/** Id of the key. */
	readonly id: string
	readonly name: string
	readonly role: 'admin' | 'user'
	readonly tenant: string
	readonly owner: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Milliseconds since 1970; null if the key does not expire. */
	readonly expiresAtMs: number | null
}

/** A fixed response. */
export interface ConstantCall {
	readonly type: 'constant'
	readonly answer: unknown
}

export interface ListModelsCall {
	readonly type: 'list-models'
	readonly write: (models: readonly ListedModel[]) => unknown
}

export interface ShowModelCall {
	readonly type: 'show-model'
	readonly name: string
	readonly write: (model: ListedModel) => unknown
}

export interface AnswerWriter {
	/** A unary response, sent as JSON unless it is a `TextBody`. */
	completion(completion: Completion, identity: ResponseContext, source?: Source): unknown
	/** Parts of `completion` that this dialect cannot express, by their names in OpenAI's API. */
	unsupportedParts?(completion: Completion): readonly string[]
	/** Creates the writer of one streamed answer, in server-sent events. */
	stream(identity: ResponseContext): StreamWriter
	/** The response for a background call. */
	accepted?(identity: ResponseContext): unknown
}

export interface StreamWriter {
	/** The text to send for `event`, possibly empty. */
	write(event: ChatEvent): string
	/** The same for `events` that were read from `source`; a dialect of the same wire format may forward the source. */
	repeat?(source: Source, events: readonly ChatEvent[]): string
	/** The wire format has no error event: the connection is cut instead. */
	readonly cutsOnError?: true
}

/** A response body that is not JSON. */
export class TextBody {
	readonly text: string
	readonly contentType: string

	/** @param contentType including the charset. */
	constructor(text: string, contentType: string) {
		this.text = text
		this.contentType = contentType
	}
}

export interface ResponseContext {
	/** The turn's id, 32 hexadecimal digits, to which each dialect adds its own prefix. */
	readonly token: TurnId
	/** The complete id of the answer, if it overrides the dialect's. */
	readonly id?: string
	/** The conversation of the turn, if it is stored. */
	readonly conversation?: ConversationId | undefined
	/** Seconds since 1970. */
	readonly created: number
	/** Current time, for answers that report when they ended, in milliseconds since 1970. */
	readonly now: () => number
	/** The model's public name. */
	readonly model: string
	/** The price of its tokens, if configured. */
	readonly price?: Price
}

/** A model with the current state of its upstreams. */
export interface ListedModel extends Model {
	/** Seconds since 1970. */
	readonly created: number
	/** `limited` if some upstreams are unavailable or calls are queued; `none` if all upstreams are unavailable. */
	readonly health: 'good' | 'limited' | 'none'
	readonly note?: string
}

export interface WrittenError {
	readonly status: number
	/** Sent as JSON unless it is a `TextBody`. */
	readonly body: unknown
	readonly headers: Readonly<Record<string, string>>
}
