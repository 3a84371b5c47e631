// The subset of the AI SDK's provider specification that this engine uses, in all versions that packages implement.
// Nothing is imported from the AI SDK; results of a package have type `unknown` until they are read.

import type { Json, JsonObject } from '../../chat/json.ts'

/** Versions of the specification, as in `specificationVersion`. */
export const versions = ['v2', 'v3', 'v4'] as const
export type SpecificationVersion = (typeof versions)[number]

export interface Provider {
	/** @throws if the model is unknown. */
	languageModel(id: string): LanguageModel
	embeddingModel?(id: string): EmbeddingModel
	/** `embeddingModel` in the oldest version. */
	textEmbeddingModel?(id: string): EmbeddingModel
	rerankingModel?(id: string): RerankingModel
}

export interface LanguageModel {
	readonly specificationVersion: string
	/** URLs that the upstream fetches itself, by media type or media type pattern. */
	readonly supportedUrls?: MaybePromise<Readonly<Record<string, readonly RegExp[]>>>
	doGenerate(options: ModelCallOptions): PromiseLike<unknown>
	doStream(options: ModelCallOptions): PromiseLike<{ readonly stream: ReadableStream<unknown> }>
}

export interface EmbeddingModel {
	readonly specificationVersion: string
	readonly maxEmbeddingsPerCall?: MaybePromise<number | undefined>
	doEmbed(
		options: CallContext & { readonly values: readonly string[]; readonly dimensions?: number },
	): PromiseLike<unknown>
}

export interface RerankingModel {
	doRerank(
		options: CallContext & {
			readonly documents: { readonly type: 'text'; readonly values: readonly string[] }
			readonly query: string
			readonly topN?: number
		},
	): PromiseLike<unknown>
}

type MaybePromise<Value> = Value | PromiseLike<Value>

export interface CallContext {
	readonly abortSignal: AbortSignal
	readonly headers: Readonly<Record<string, string>>
	readonly providerOptions?: ProviderOptions
}

/** By provider name. */
export type ProviderOptions = Readonly<Record<string, JsonObject>>

export interface CallSettings {
	readonly prompt: readonly PromptMessage[]
	readonly maxOutputTokens?: number
	readonly temperature?: number
	readonly topP?: number
	readonly topK?: number
	readonly presencePenalty?: number
	readonly frequencyPenalty?: number
	readonly stopSequences?: readonly string[]
	readonly seed?: number
	readonly responseFormat?: {
		readonly type: 'json'
		readonly schema?: JsonObject
		readonly name?: string
		readonly description?: string
	}
	readonly tools?: readonly {
		readonly type: 'function'
		readonly name: string
		readonly description?: string
		readonly inputSchema: JsonObject
		readonly strict?: boolean
	}[]
	readonly toolChoice?:
		| { readonly type: 'auto' | 'none' | 'required' }
		| { readonly type: 'tool'; readonly toolName: string }
	/** Newest version only. */
	readonly reasoning?: string
}

export type ModelCallOptions = CallSettings & CallContext

export type PromptMessage =
	| { readonly role: 'system'; readonly content: string }
	| { readonly role: 'user'; readonly content: readonly (PromptTextPart | PromptFile)[] }
	| { readonly role: 'assistant'; readonly content: readonly PromptAnswerPart[] }
	| { readonly role: 'tool'; readonly content: readonly PromptResult[] }

/** The other objects are parts of an earlier answer. */
export type PromptAnswerPart = PromptTextPart | PromptReasoning | PromptCall | PromptFile | object

export interface PromptTextPart {
	readonly type: 'text'
	readonly text: string
	readonly providerOptions?: ProviderOptions | undefined
}

export interface PromptFile {
	readonly type: 'file'
	readonly mediaType: string
	readonly filename?: string
	/** Base64 or a URL. The newest version is tagged. */
	readonly data: string | URL | FileData
	readonly providerOptions?: ProviderOptions | undefined
}

export type FileData = { readonly type: 'data'; readonly data: string } | { readonly type: 'url'; readonly url: URL }

export interface PromptReasoning {
	readonly type: 'reasoning'
	readonly text: string
	readonly providerOptions?: ProviderOptions
}

export interface PromptCall {
	readonly type: 'tool-call'
	readonly toolCallId: string
	readonly toolName: string
	readonly input: Json
	readonly providerOptions?: ProviderOptions
}

export interface PromptResult {
	readonly type: 'tool-result'
	readonly toolCallId: string
	readonly toolName: string
	readonly output:
		| { readonly type: 'text' | 'error-text'; readonly value: string }
		| { readonly type: 'content'; readonly value: readonly object[] }
}

export function isVersion(version: string): version is SpecificationVersion {
	return versions.some((known) => known === version)
}

/** @throws Error if the model implements a version that is not supported. */
export function versionOf({ specificationVersion: version }: LanguageModel): SpecificationVersion {
	if (isVersion(version)) return version
	throw new Error(
		`the provider implements version '${version}' of the AI SDK's specification, which is not supported: install a version of the package that implements ${versions.join(', ')}`,
	)
}

export function isLanguageModel(value: unknown): value is LanguageModel {
	return typeof value === 'object' && value !== null && 'doStream' in value && 'specificationVersion' in value
}
