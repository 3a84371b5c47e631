// How a client speaks to us. A dialect reads bytes into a call and writes answers back; it does not know keys, models or engines.
// Adding one: a folder beside this file, a line in list.ts, a page in docs/.

import type { Completion } from '../chat/completion.ts'
import type { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { Source } from '../chat/source.ts'
import type { OwnConversations } from '../conversations/own-conversations.ts'
import type { Thread } from '../conversations/thread.ts'
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
	/** Its folder's name. */
	readonly name: string
	/** The path below which no other dialect is spoken, as `/openai`. */
	readonly mount: string
	/** What each route's path may begin with, below the mount and, shared with other dialects, below the root; `''` for nothing. */
	readonly prefixes: readonly string[]
	readonly routes: readonly Route[]
	/** Whether only clients of this dialect send such headers. */
	recognises?(headers: Headers): boolean
	/** What a quiet stream is kept alive with, as whole lines; `''` for clients that cannot read such a thing. A comment where absent. */
	readonly heartbeat?: string
	/** Routes that can be asked over a WebSocket too. */
	readonly sockets?: readonly SocketRoute[]
	/** Answers whatever goes wrong before, or instead of, an answer. */
	writeError(error: ChatError, requestId?: string): WrittenError
	/** Headers of every answer, errors included. */
	headers(facts: { readonly processingMs: number; readonly requestId: string }): Readonly<Record<string, string>>
}

export interface Route {
	readonly method: Method
	/** Without prefix; segments may be `{name}`, of which the last takes slashes too. */
	readonly path: string
	/** `json` of a POST or PATCH where absent. `none`: everything is said in its path, and whatever it carries is not read. */
	readonly body?: 'json' | 'form' | 'none'
	/** Status of its answers where that is not 200; 204 sends nothing else. */
	readonly status?: number
	/** Answered without a key. */
	readonly open?: true
	/** Only where its dialect is meant: clients of others find nothing at this path. */
	readonly expressly?: true
	/** @throws ChatError for what its sender can mend. */
	read(input: RouteInput): Call | Promise<Call>
}

/** How messages of a socket stand for requests of a POST route. */
export interface SocketRoute {
	/** Of the route, without prefix. */
	readonly path: string
	/** @throws ChatError for a message that is none. */
	read(text: string): {
		/** What is posted; its answer must be a stream. */
		readonly body: unknown
		/** Tells the streams of one socket apart. */
		readonly tag?: string
	}
	/** Turns the text of a stream, in pieces of any size, into frames. */
	frames(tag: string | undefined): { add(piece: string): readonly string[] }
	/** What the route answered instead of a stream. */
	writeFailure(status: number, body: unknown, tag: string | undefined): string
	writeError(error: ChatError): WrittenError
}

export interface RouteInput {
	/** The parsed body: JSON, or the fields of a form; undefined where there is none. */
	readonly body: unknown
	readonly headers: Headers
	/** What stood in place of each `{name}`, decoded. */
	readonly parameters: readonly string[]
	readonly query: () => URLSearchParams
}

/** A request understood: which operation, on what, and how its answer is written. */
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
	| KeptCall
	| ResumeCall
	| CancelCall
	| UsageCall
	| EntriesCall
	| KeysCall
	| WhoCall
	| ConstantCall

/** What calls may say of how they are to be carried out. */
interface Wishes {
	/** Parts of the request that this dialect cannot carry any further, by the names the client used. Told in `x-dragoman-dropped`. */
	readonly dropped?: readonly string[]
	/** What the client says of the call for whoever keeps the books: an account, tags. Told in the request log. */
	readonly labels?: Readonly<Record<string, string>>
	/** `low` lets all others go first, and is the first to be refused. */
	readonly priority?: 'low'
}

export interface ChatCall extends Wishes {
	readonly type: 'chat'
	readonly request: ChatRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
	/** Where the turn is part of something kept. */
	readonly thread?: Thread
	/**
	 * How many messages at the front are the dialect's own instructions: a conversation named in headers goes on behind them, and they
	 * are not kept.
	 */
	readonly instructions?: number
	/** The same in words that only count where the deployment, or the caller's key, says so. */
	readonly offer?: HistoryOffer
	/** Where the request points at messages that are kept: the same call with them in their place. */
	readonly resolve?: (own: OwnConversations) => Promise<ChatCall>
	/** Answered at once with `writer.accepted`; the turn goes on without its client. Needs a thread that is stored. */
	readonly background?: boolean
}

export interface HistoryOffer {
	/** Named in the configuration. */
	readonly history: 'albert'
	/** What is asked then. */
	readonly request: ChatRequest
	readonly thread: Thread
	/** The answer's id is the conversation's. */
	readonly answersAsConversation: boolean
	/** Whoever speaks the dialect means it so: kept unless the caller's key says otherwise. */
	readonly expected?: true
}

export interface TextCompletionCall extends Wishes {
	readonly type: 'complete'
	readonly request: TextCompletionRequest
	readonly stream: boolean
	readonly writer: AnswerWriter
}

/** A call that is answered at once and as a whole. */
interface WholeCall<Type extends string, Request, Result> extends Wishes {
	readonly type: Type
	readonly request: Request
	readonly write: (result: Result, identity: AnswerIdentity) => unknown
}

export type EmbeddingCall = WholeCall<'embed', EmbeddingRequest, Embeddings>
export type RerankCall = WholeCall<'rerank', RerankRequest, Ranking>
export type TranscribeCall = WholeCall<'transcribe', TranscriptionRequest, Transcription>
export type TokenizeCall = WholeCall<'tokenize', TokenizeRequest, Tokens>
/** Answered with the text. */
export type DetokenizeCall = WholeCall<'detokenize', DetokenizeRequest, string>

/** How many tokens a request would be, conversation included. */
export interface CountCall {
	readonly type: 'count'
	readonly request: ChatRequest
	readonly thread?: Thread
	/** As of a chat call. */
	readonly resolve?: (own: OwnConversations) => Promise<CountCall>
	readonly write: (promptTokens: number) => unknown
}

/** A call on what is kept: no engine is asked. */
export interface KeptCall {
	readonly type: 'kept'
	/** @throws ChatError `not-found` and whatever else its sender can mend. */
	readonly answer: (own: OwnConversations, facts: KeptFacts) => Promise<unknown>
}

export interface KeptFacts {
	/** Milliseconds since 1970. */
	readonly nowMs: number
	/** Which process this is, for turns that it begins. */
	readonly process: string
}

/** Events of a stream that goes on without its client. */
export interface ResumeCall {
	readonly type: 'resume'
	/** The turn's id. */
	readonly turn: string
	/** How many events the client has already. */
	readonly after: number
	/** What its caller is told where it is not there. */
	readonly missing: () => ChatError
}

/** Ends a turn that goes on without its client. */
export interface CancelCall {
	readonly type: 'cancel'
	readonly turn: string
	readonly missing: () => ChatError
	/** Tells of the turn once it has ended. */
	readonly answer: (own: OwnConversations) => Promise<unknown>
}

/** What was used, as the ledger knows it. Callers who are no admins see their own. */
export interface UsageCall {
	readonly type: 'usage'
	readonly query: UsageQuery
	/** An admin sees no more than its own either. */
	readonly own?: true
	readonly write: (sums: readonly UsageSum[], nowMs: number) => unknown
}

/** Single entries of the ledger, of whoever asks alone. */
export interface EntriesCall {
	readonly type: 'entries'
	/** @param nowMs milliseconds since 1970. */
	readonly query: (nowMs: number) => Omit<EntryQuery, keyof Scope>
	readonly write: (page: EntryPage) => unknown
}

export interface EntryPage {
	readonly entries: readonly LedgerEntry[]
	/** Of all that the query means, whatever its page. */
	readonly sum: EntrySum
	/** By id, of the caller's keys. */
	readonly keyNames: ReadonlyMap<string, string>
	/** Who asks. */
	readonly owner: string
}

/** A call on the caller's own keys. */
export interface KeysCall {
	readonly type: 'keys'
	/** @throws ChatError `not-found` and whatever else its sender can mend. */
	readonly answer: (own: OwnKeys, facts: { readonly nowMs: number }) => Promise<unknown>
}

/** Who is asking, by the key. */
export interface WhoCall {
	readonly type: 'who'
	readonly write: (caller: Caller) => unknown
}

export interface Caller {
	/** Of the key. */
	readonly id: string
	readonly name: string
	readonly role: 'admin' | 'user'
	readonly tenant: string
	readonly owner: string
	/** Milliseconds since 1970. */
	readonly createdAtMs: number
	/** Null where the key does not end by itself. */
	readonly expiresAtMs: number | null
}

/** Answered without asking anyone. */
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
	/** A whole answer, to be sent as JSON unless it is a `TextBody`. */
	completion(completion: Completion, identity: AnswerIdentity, source?: Source): unknown
	/** What of `completion` this dialect has no words for, by its name in OpenAI's API. */
	unsaid?(completion: Completion): readonly string[]
	/** A writer of one streamed answer, in server-sent events. */
	stream(identity: AnswerIdentity): StreamWriter
	/** What a client is told that does not wait for its answer. */
	accepted?(identity: AnswerIdentity): unknown
}

export interface StreamWriter {
	/** The text to send for `event`, possibly none. */
	write(event: ChatEvent): string
	/** The same for `events` that were read from `source`; a dialect of the same wire may repeat what stands there. */
	repeat?(source: Source, events: readonly ChatEvent[]): string
	/** The wire has no word for an error in the middle: the connection is cut instead of ended. */
	readonly cutsOnError?: true
}

/** An answer that is no JSON. */
export class TextBody {
	readonly text: string
	readonly contentType: string

	/** @param contentType with its charset. */
	constructor(text: string, contentType: string) {
		this.text = text
		this.contentType = contentType
	}
}

export interface AnswerIdentity {
	/** The turn's id, 32 hexadecimal digits: each dialect puts its own prefix before them. */
	readonly token: string
	/** The whole id of the answer, where it is not the dialect's to make. */
	readonly id?: string
	/** The conversation that the turn is part of, where it is kept. */
	readonly conversation?: string
	/** Seconds since 1970. */
	readonly created: number
	/** What time it is, for answers that tell when they ended; milliseconds since 1970. */
	readonly now: () => number
	/** The model's public name. */
	readonly model: string
	/** What its tokens cost, where the configuration tells. */
	readonly price?: Price
}

/** A model with what its upstreams say of it now. */
export interface ListedModel extends Model {
	/** Seconds since 1970. */
	readonly created: number
	/** `limited` where some of its upstreams cannot be asked, or calls wait for one; `none` where no upstream can. */
	readonly health: 'good' | 'limited' | 'none'
	readonly note?: string
}

export interface WrittenError {
	readonly status: number
	/** Sent as JSON unless it is a `TextBody`. */
	readonly body: unknown
	readonly headers: Readonly<Record<string, string>>
}
