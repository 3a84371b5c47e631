// A model's tokens: their bytes, which ones are control tokens, and which end a turn. It does not
// know the form of a prompt.

import type { LlamaModel, Token } from './binding.ts'
import type { ModelFile } from './model-file.ts'

const unknownType = 2
const controlType = 3
const userDefinedType = 4
const byteType = 6

export interface ControlToken {
	readonly token: Token
	/** Whether white space before or after the token is removed. */
	readonly stripsBefore: boolean
	readonly stripsAfter: boolean
}

export class Vocabulary {
	readonly size: number
	/** Texts that a template may write as one control token, with that token. */
	readonly controls: ReadonlyMap<string, ControlToken>
	private readonly model: LlamaModel
	private readonly file: ModelFile
	private readonly bytes = new Map<Token, Uint8Array>()

	constructor(model: LlamaModel, file: ModelFile) {
		this.model = model
		this.file = file
		this.size = file.tokens.length
		const controls = new Map<string, ControlToken>()
		for (const [token, text] of file.tokens.entries()) {
			if (!this.isControl(token) || text === '') continue
			const { lstrip, rstrip } = model.getTokenAttributes(token)
			controls.set(text, { token, stripsBefore: lstrip, stripsAfter: rstrip })
		}
		this.controls = controls
	}

	/** Whether a text can be tokenized in slices; SentencePiece would insert a space before each. */
	get canSlice(): boolean {
		return this.file.tokenizer === 'gpt2'
	}

	has(token: number): boolean {
		return Number.isInteger(token) && token >= 0 && token < this.size
	}

	/** Whether a token is a control token without text of its own, such as `<|im_start|>`. */
	isControl(token: Token): boolean {
		const type = this.file.tokenTypes[token]
		return type === controlType || type === unknownType
	}

	/** Whether a token ends the model's turn. */
	endsTurn(token: Token): boolean {
		return this.model.isEogToken(token)
	}

	/** Any token that ends a turn, if the model has one. */
	get endToken(): Token | undefined {
		return this.model.tokens.eos ?? undefined
	}

	/** The texts of the tokens that end a turn. */
	endTexts(): readonly string[] {
		return [...this.controls].filter(([, { token }]) => this.endsTurn(token)).map(([text]) => text)
	}

	/** The token as written in the model's file, byte-level encoding included. */
	spelling(token: Token): string {
		return this.file.tokens[token] ?? ''
	}

	/** The exact bytes of a token, which may be part of a character; for a control token, its name. */
	bytesOf(token: Token): Uint8Array {
		let bytes = this.bytes.get(token)
		if (bytes === undefined) {
			bytes = this.spell(token)
			this.bytes.set(token, bytes)
		}
		return bytes
	}

	/** Tokenizes text without recognizing control tokens. Lone surrogates become U+FFFD. */
	tokenize(text: string): readonly Token[] {
		return text === '' ? [] : this.model.tokenize(text.toWellFormed(), false)
	}

	/** Prepends the token that the model requires at the start, if it requires one and it is missing. */
	framed(tokens: readonly Token[]): readonly Token[] {
		const { bos, shouldPrependBosToken } = this.model.tokens
		return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens
	}

	private spell(token: Token): Uint8Array {
		const text = this.file.tokens[token] ?? ''
		const type = this.file.tokenTypes[token]
		if (this.isControl(token) || type === userDefinedType) return encoder.encode(text)
		if (type === byteType) return Uint8Array.of(Number.parseInt(text.slice(3, 5), 16))
		switch (this.file.tokenizer) {
			case 'gpt2':
				return byteLevelBytes(text)
			case 'llama':
			case 'gemma4':
			case 't5':
				return encoder.encode(text.replaceAll('▁', ' '))
			default:
				return encoder.encode(this.model.detokenize([token], true))
		}
	}
}

const encoder = new TextEncoder()

/**
 * Byte-level BPE writes each byte as one character: printable Latin-1 as itself, the 68 others from U+0100 on, in
 * order.
 */
function byteLevelBytes(text: string): Uint8Array {
	const bytes: number[] = []
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0
		if (code < 0x100) bytes.push(code)
		else if (code < 0x100 + unprintableBytes.length) bytes.push(unprintableBytes[code - 0x100] ?? 0)
		else bytes.push(...encoder.encode(character))
	}
	return Uint8Array.from(bytes)
}

const unprintableBytes: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte).filter(
	(byte) => !((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae),
)
