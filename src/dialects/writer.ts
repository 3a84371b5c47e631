// The interfaces through which a dialect writes answers, streams and errors. A writer gets plain data: the answer, its
// ids, the model's name and price. It does not know who called, what served the request or what stores it.

import type { Completion } from '../chat/completion.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { Source } from '../chat/source.ts'
import type { ConversationId } from '../conversations/conversation-id.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { Price } from '../routing/model.ts'

export interface AnswerWriter {
	/** A unary response, sent as JSON unless it is a `TextBody`. */
	completion(completion: Completion, context: ResponseContext, source?: Source): unknown
	/** Parts of `completion` that this dialect cannot express, by their names in OpenAI's API. */
	unsupportedParts?(completion: Completion): readonly string[]
	/** Creates the writer of one streamed answer, in server-sent events. */
	stream(context: ResponseContext): StreamWriter
	/** The last event of its streams repeats the answer, so a stream must be bounded. */
	readonly repeatsAnswer?: true
	/** The response for a background call. */
	accepted?(context: ResponseContext): unknown
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

/** A JSON body that was written before, as UTF-8. */
export class WrittenJson {
	/** Together one JSON text; several if it is long. */
	readonly pieces: readonly Uint8Array[]

	constructor(pieces: readonly Uint8Array[]) {
		this.pieces = pieces
	}
}

/** A JSON body that is written piece by piece, so that it need not be in memory as a whole. */
export class JsonPieces {
	readonly pieces: AsyncGenerator<string>

	/** @param pieces texts that are one JSON value together. */
	constructor(pieces: AsyncGenerator<string>) {
		this.pieces = pieces
	}
}

/** The facts about its request and its server that an answer repeats. */
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
	/** Parts of the request that the upstream did not receive; none until it began to answer. */
	readonly dropped?: (() => readonly string[]) | undefined
	/** Number of the conversation's oldest messages that the upstream did not receive. */
	readonly truncated?: number | undefined
	/**
	 * The model has upstreams that do not recognize each other's signatures, so that a signature in the answer must name
	 * its origin.
	 */
	readonly tagsSignatures?: boolean
}

export interface WrittenError {
	readonly status: number
	/** Sent as JSON unless it is a `TextBody`. */
	readonly body: unknown
	readonly headers: Readonly<Record<string, string>>
}
