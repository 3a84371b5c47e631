// Texts as a model sees them: its own tokens, and back.

export interface TokenizeRequest {
	readonly model: string
	readonly text: string
	/** With the marks that the model expects around a prompt. */
	readonly special: boolean
}

export interface Tokens {
	readonly ids: readonly number[]
	/** One for each id, as the vocabulary spells it; absent where the upstream does not tell. */
	readonly texts?: readonly string[]
}

export interface DetokenizeRequest {
	readonly model: string
	readonly ids: readonly number[]
}
