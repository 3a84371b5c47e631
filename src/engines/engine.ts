// The interface to anything that runs models: a remote API, the embedded engine's process, or a script. Engines do not
// know about API keys, conversations or callers.

import type { ChatRequest } from '../chat/request.ts'
import type { Drop } from '../chat/request-fates.ts'
import type { EmbeddingRequest, Embeddings } from '../operations/embeddings.ts'
import type { Ranking, RerankRequest } from '../operations/reranking.ts'
import type { TextCompletionRequest } from '../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../operations/tokenization.ts'
import type { Transcription, TranscriptionRequest } from '../operations/transcription.ts'
import type { CallerTurns } from '../system/occupancy.ts'
import type { UpstreamModel } from '../wire/json/model-list-reader.ts'
import type { EngineAnswer } from './answer.ts'

/**
 * A client of one upstream, for one protocol.
 *
 * `chat` and `complete` resolve when the upstream starts its response. Before that, they throw a `ChatError` whose
 * `sent` property determines whether a retry is safe. After that, failures are `error` events (see chat/event.ts for
 * the rules of the stream). Cancelling the answer, or aborting `call.signal`, stops the upstream immediately.
 */
export interface Engine {
	/** The current state, as far as it is known. */
	state(): EngineState
	chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer>
	complete(request: TextCompletionRequest, call: EngineCall): Promise<EngineAnswer>
	embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings>
	/** This method and the optional ones below are absent if the protocol does not support the operation. */
	rerank?(request: RerankRequest, call: EngineCall): Promise<Ranking>
	transcribe?(request: TranscriptionRequest, call: EngineCall): Promise<Transcription>
	tokenize?(request: TokenizeRequest, call: EngineCall): Promise<Tokens>
	detokenize?(request: DetokenizeRequest, call: EngineCall): Promise<string>
	/** The wire of the upstream, if requests may contain features that only this wire has. */
	readonly wire?: string
	/** Accepts a limit of 0 output tokens, and then only reads the prompt, for example into its cache. */
	readonly prefills?: boolean
	/** Each chunk of its streams is one token. Chunks can then be counted if the upstream does not report usage. */
	readonly streamsSingleTokens?: boolean
	/** The origin of the signatures in answers of `model`, the upstream's name. Absent or undefined if they have none. */
	originOf?(model: string): string | undefined
	/**
	 * The number of prompt tokens of a request. Absent if the upstream cannot count them; the number is then estimated.
	 */
	count?(request: ChatRequest, call: EngineCall): Promise<number>
	/**
	 * Runs a health check of the upstream with a GET request. Absent if the upstream has none. `path` is relative to the
	 * upstream's base URL.
	 *
	 * @throws ChatError if the health check fails.
	 */
	probe?(path: string, signal: AbortSignal): Promise<void>
	/**
	 * The models that the upstream lists, by the names that requests use. Absent if the protocol has no such list.
	 *
	 * @throws ChatError if the request fails, or if the response is not a list of models.
	 */
	models?(signal: AbortSignal): Promise<readonly UpstreamModel[]>
	/** Aborts the calls in flight and frees all resources. Idempotent. */
	close(): Promise<void>
}

export interface EngineCall {
	/** Aborted when the caller disconnects or the server shuts down. */
	readonly signal: AbortSignal
	/** The upstream's name of the model. */
	readonly model: string
	/** Sent to the upstream for its log. */
	readonly requestId: string
	/** The client gets a unary response: the upstream does not have to stream, and the answer may be unary. */
	readonly unary?: boolean | undefined
	/** Trace headers, for upstreams with HTTP. */
	readonly headers?: Readonly<Record<string, string>>
	/**
	 * Called for each field of the request that the upstream's protocol does not support, with its name in OpenAI's API.
	 * The gateway reports the names to the client.
	 */
	readonly drop?: Drop
	/** In which a long request is written, and a long answer is read; without them, immediately. */
	readonly turns?: CallerTurns | undefined
}

export type Operation = 'chat' | 'complete' | 'embed' | 'rerank' | 'transcribe' | 'tokenize'

export interface EngineState {
	/** `starting` becomes `ready` without intervention; `failed` does not. */
	readonly status: 'starting' | 'ready' | 'failed'
	/** Supported operations, once known. */
	readonly operations: readonly Operation[]
	/** Size of the context window (prompt and completion together), in tokens, once known. */
	readonly contextTokens?: number
	/**
	 * An optional line for `/ready`, `/v1/models` and the log, for example that the model is a toy, or why the engine
	 * failed. It is public: it must not contain paths or addresses, which go to the log.
	 */
	readonly note?: string
}
