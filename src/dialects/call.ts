// A call of a model, as a dialect reads it: the operation, its input, and the writer of its response. Plain data; the
// functions in it only write, combine messages that the pipeline has looked up, or hold the turn.

import type { ChatError } from '../chat/error.ts'
import type { Message } from '../chat/message.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { FoundMessages, MessageLookup } from '../conversations/message-lookup.ts'
import type { Thread, ThreadMessages } from '../conversations/thread.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { EmbeddingRequest, Embeddings } from '../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../operations/reranking.ts'
import type { TextCompletionRequest } from '../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../operations/tokenization.ts'
import type { Transcription, TranscriptionRequest } from '../operations/transcription.ts'
import type { AnswerWriter, ResponseContext } from './writer.ts'

/** Calls that an engine executes. */
export type ModelCall =
	| ChatCall
	| TextCompletionCall
	| EmbeddingCall
	| RerankCall
	| TranscribeCall
	| TokenizeCall
	| DetokenizeCall
	| CountCall

/** Execution options of a call. */
export interface CallOptions {
	/**
	 * Parts of the request that this dialect does not support, by the client's names. Reported in `x-dragoman-dropped`.
	 */
	readonly dropped?: readonly string[]
	/** The client's labels, such as a cost center or tags. Written to the request log. */
	readonly labels?: Readonly<Record<string, string>>
	/** `low` yields to all other calls and is rejected first under load. */
	readonly priority?: 'low'
}

/** Stored messages that a request refers to. */
export interface MessageReferences<Requested> {
	readonly lookup: MessageLookup
	/**
	 * The same call with the messages inserted.
	 *
	 * @throws ChatError `not-found` for a reference that was not found.
	 */
	readonly insert: (found: FoundMessages) => Requested
}

/** A feature of a request without which the answer would be wrong. */
export interface WireNeed {
	/** Other upstreams do not get the request. */
	readonly wire: string
	/** If the model has no upstream of the wire. */
	readonly error: ChatError
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
	readonly references?: MessageReferences<ChatCall>
	/**
	 * The first rule of OpenAI's API that the request breaks, although its form is valid. Only upstreams that accept more
	 * than OpenAI's API can answer it.
	 */
	readonly violation?: ChatError | undefined
	/** The upstream shall read the prompt and generate nothing. One that cannot do that is not sent the request. */
	readonly promptOnly?: boolean | undefined
	/** Something that only upstreams of one wire can do. */
	readonly need?: WireNeed | undefined
	/**
	 * Answered immediately with `writer.accepted`, while the turn continues without its client. Requires a stored thread.
	 */
	readonly background?: boolean
	/**
	 * False: no model is called and nothing is billed. The answer is empty, and the turn is stored without one, so that
	 * later turns can follow it.
	 */
	readonly generates?: boolean
	readonly holder?: TurnHolder | undefined
}

/** Gets the end of a turn, once and before the last event of its answer is sent, to hold the turn in memory. */
export interface TurnHolder {
	/** @param answer undefined if nothing was generated. */
	complete(id: TurnId, answer: Message | undefined): void
	fail(): void
}

export interface TextCompletionCall extends CallOptions {
	readonly type: 'complete'
	readonly request: TextCompletionRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
}

interface UnaryCall<Type extends string, Request, Result> extends CallOptions {
	readonly type: Type
	readonly request: Request
	readonly write: (result: Result, context: ResponseContext) => unknown
}

export type EmbeddingCall = UnaryCall<'embed', EmbeddingRequest, Embeddings>
export type RerankCall = UnaryCall<'rerank', RerankRequest, Ranking>
export type TranscribeCall = UnaryCall<'transcribe', TranscriptionRequest, Transcription>
export type TokenizeCall = UnaryCall<'tokenize', TokenizeRequest, Tokens>
/** The result is the text. */
export type DetokenizeCall = UnaryCall<'detokenize', DetokenizeRequest, string>

/** Counts the tokens of a request, including its conversation. */
export interface CountCall {
	readonly type: 'count'
	readonly request: ChatRequest
	readonly thread?: Thread
	readonly references?: MessageReferences<CountCall>
	readonly write: (promptTokens: number) => unknown
}
