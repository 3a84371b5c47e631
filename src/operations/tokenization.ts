// Tokenization: converts text to a model's tokens, and back.

export interface TokenizeRequest {
	readonly model: string
	readonly text: string
	/** Whether to add the special tokens that the model expects around a prompt. */
	readonly special: boolean
}

export interface Tokens {
	readonly ids: readonly number[]
	/** The text of each id in the vocabulary; absent if the upstream does not report it. */
	readonly texts?: readonly string[]
}

export interface DetokenizeRequest {
	readonly model: string
	readonly ids: readonly number[]
}
