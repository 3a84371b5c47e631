// What the gateway needs of anything that runs models: a remote API, the embedded engine's process, or a script. It does not know
// keys, conversations or who is asking.

import type { ChatEvent } from '../chat/event.ts'
import type { ChatRequest } from '../chat/request.ts'
import type { EmbeddingRequest, Embeddings } from '../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../operations/reranking.ts'
import type { TextCompletionRequest } from '../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../operations/tokenization.ts'
import type { Transcription, TranscriptionRequest } from '../operations/transcription.ts'

/**
 * One upstream protocol, opened on one upstream.
 *
 * `chat` and `complete` resolve when the upstream has begun to answer; until then they throw a `ChatError` whose `sent` tells
 * what may be retried, after that failures are `error` events (see chat/event.ts for the rules of the stream). Returning early from
 * the stream, or aborting `call.signal`, stops the upstream at once.
 */
export interface Engine {
	/** What this engine does for the model behind it, as far as it knows now. */
	state(): EngineState
	chat(request: ChatRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>>
	complete(request: TextCompletionRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>>
	embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings>
	/** Absent where the wire has no such thing; so are the next ones. */
	rerank?(request: RerankRequest, call: EngineCall): Promise<Ranking>
	transcribe?(request: TranscriptionRequest, call: EngineCall): Promise<Transcription>
	tokenize?(request: TokenizeRequest, call: EngineCall): Promise<Tokens>
	detokenize?(request: DetokenizeRequest, call: EngineCall): Promise<string>
	/** Each piece of its streams is one token, so that they can be counted where it told no usage. */
	readonly tellsEachToken?: boolean
	/** How many tokens a request's prompt is, where the upstream can tell; otherwise it is estimated. */
	count?(request: ChatRequest, call: EngineCall): Promise<number>
	/**
	 * Asks whether the upstream is well, where there is a way to; `path` stands behind the upstream's base URL.
	 *
	 * @throws ChatError where it is not.
	 */
	probe?(path: string, signal: AbortSignal): Promise<void>
	/**
	 * The models that the upstream lists, by the names that requests use. Absent if there is no way to ask.
	 *
	 * @throws ChatError if it cannot be asked, or if its answer is not a list of models.
	 */
	models?(signal: AbortSignal): Promise<readonly string[]>
	/** Ends what is running and frees everything; a second call does nothing. */
	close(): Promise<void>
}

export interface EngineCall {
	/** Aborted when the caller hangs up or the server closes. */
	readonly signal: AbortSignal
	/** What the upstream calls the model. */
	readonly model: string
	/** For the upstream's own log. */
	readonly requestId: string
	/** Nobody looks at the answer before it is complete, so it need not come in pieces. */
	readonly whole?: boolean
	/** For upstreams that are reached over HTTP: the trace that the call is part of. */
	readonly headers?: Readonly<Record<string, string>>
	/** Told of each part of the request that the upstream's wire has no words for, by its name in OpenAI's API; the client is told too. */
	readonly drop?: (part: string) => void
}

export type Operation = 'chat' | 'complete' | 'embed' | 'rerank' | 'transcribe' | 'tokenize'

export interface EngineState {
	/** `starting` will be `ready` by itself; `failed` will not. */
	readonly status: 'starting' | 'ready' | 'failed'
	/** What the model can be asked, once known. */
	readonly operations: readonly Operation[]
	/** Longest prompt and answer together, in tokens, once known. */
	readonly contextTokens?: number
	/**
	 * One line for `/ready`, `/v1/models` and the log if there is something to say: that a toy answers, or why it failed. Anybody can read it:
	 * it contains no path and no address; those go to the log.
	 */
	readonly note?: string
}
