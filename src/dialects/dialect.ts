// How a client speaks to us. A dialect reads bytes into a call and writes answers back; it does not know keys, models or engines.
// Adding one: a folder beside this file, a line in list.ts, a page in docs/.

import type { Completion } from '../chat/completion.ts'
import type { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Source } from '../chat/source.ts'
import type { EmbeddingRequest, Embeddings } from '../embeddings/embeddings.ts'
import type { Method } from '../http/route-table.ts'
import type { Model } from '../models/model.ts'
import type { TextCompletionRequest } from '../text-completions/text-completions.ts'

export interface Dialect {
	/** Its folder's name. */
	readonly name: string
	/** What each route's path may begin with; `''` means the root. */
	readonly prefixes: readonly string[]
	readonly routes: readonly Route[]
	/** Answers whatever goes wrong before, or instead of, an answer. */
	writeError(error: ChatError): WrittenError
	/** Headers of every answer, errors included. */
	headers(facts: { readonly processingMs: number }): Readonly<Record<string, string>>
}

export interface Route {
	readonly method: Method
	/** Without prefix; the last segment may be `{id}`. */
	readonly path: string
	/** @throws ChatError for what its sender can mend. */
	read(input: RouteInput): Call
}

export interface RouteInput {
	/** The parsed body; undefined for methods without one. */
	readonly body: unknown
	/** What stood in place of `{id}`, decoded. */
	readonly parameter: string | undefined
	readonly query: () => URLSearchParams
}

/** A request understood: which operation, on what, and how its answer is written. */
export type Call = ChatCall | TextCompletionCall | EmbeddingCall | ListModelsCall | ShowModelCall

export interface ChatCall {
	readonly type: 'chat'
	readonly request: ChatRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
}

export interface TextCompletionCall {
	readonly type: 'complete'
	readonly request: TextCompletionRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
}

export interface EmbeddingCall {
	readonly type: 'embed'
	readonly request: EmbeddingRequest
	readonly write: (embeddings: Embeddings, identity: AnswerIdentity) => unknown
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
	/** A whole answer, to be sent as JSON. */
	completion(completion: Completion, identity: AnswerIdentity, source?: Source): unknown
	/** A writer of one streamed answer, in server-sent events. */
	stream(identity: AnswerIdentity): StreamWriter
}

export interface StreamWriter {
	/** The text to send for `event`, possibly none. */
	write(event: ChatEvent): string
	/** The same for `events` that were read from `source`; a dialect of the same wire may repeat what stands there. */
	repeat?(source: Source, events: readonly ChatEvent[]): string
}

export interface AnswerIdentity {
	/** 24 random characters without a prefix: each dialect puts its own before them. */
	readonly token: string
	/** Seconds since 1970. */
	readonly created: number
	/** The model's public name. */
	readonly model: string
}

/** A model with what its upstreams say of it now. */
export interface ListedModel extends Model {
	/** Seconds since 1970. */
	readonly created: number
	readonly note?: string
}

export interface WrittenError {
	readonly status: number
	readonly body: unknown
	readonly headers: Readonly<Record<string, string>>
}
