// Tokenizes rendered prompts so that user text remains data. The texts of a conversation pass through the model's
// template like any others, but a mark is inserted into each spelling of a control token beforehand; after rendering,
// only unmarked spellings become control tokens, and the marks are removed. The mark is random and never leaves the
// process. It does not know templates.

import { randomBytes } from 'node:crypto'
import { exactMembers } from '../../chat/json-text.ts'
import type { Token } from './binding.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Characters; tokenized in about ten milliseconds. */
const sliceLength = 16_384

export class PromptText {
	private readonly vocabulary: Vocabulary
	private readonly mark = `\u{E000}${randomBytes(12).toString('hex')}\u{E001}`
	/** On both sides of a number that templates must not round: they get it as text. */
	private readonly numberMark = `\u{E000}${randomBytes(12).toString('hex')}\u{E002}`
	/** Such a number, in quotes if the template wrote it as JSON. */
	private readonly numbers = new RegExp(`"?${this.numberMark}([^\u{E000}]*)${this.numberMark}"?`, 'g')
	/** By first character, longest first. */
	private readonly controls: ReadonlyMap<string, readonly string[]>
	private readonly byLastCharacter: ReadonlyMap<string, readonly string[]>
	private readonly longest: number

	constructor(vocabulary: Vocabulary) {
		this.vocabulary = vocabulary
		const texts = [...vocabulary.controls.keys()].sort((a, b) => b.length - a.length)
		this.controls = Map.groupBy(texts, (text) => text.charAt(0))
		this.byLastCharacter = Map.groupBy(texts, (text) => text.slice(-1))
		this.longest = texts[0]?.length ?? 0
	}

	/** Guards `text`, so that it can be rendered among the template's own text. */
	guard(text: string): string {
		let guarded = ''
		let from = 0
		for (let at = 0; at < text.length; at++) {
			if (this.controlAt(text, at) === undefined) continue
			guarded += text.slice(from, at + 1) + this.mark
			from = at + 1
		}
		guarded += text.slice(from)
		// A spelling may also be completed by the text around it.
		return (this.endsControl(text) ? this.mark : '') + guarded + (this.beginsControl(text) ? this.mark : '')
	}

	/** Guards every text inside a JSON value, names of members included. Its numbers are rendered with all digits. */
	guardAll(value: unknown): unknown {
		if (typeof value === 'string') return this.guard(value)
		if (JSON.isRawJSON(value)) return this.numberMark + value.rawJSON + this.numberMark
		if (Array.isArray(value)) return exactMembers(value).map((item) => this.guardAll(item))
		if (typeof value !== 'object' || value === null) return value
		return Object.fromEntries(
			Object.entries(exactMembers(value)).map(([name, member]) => [this.guard(name), this.guardAll(member)]),
		)
	}

	/**
	 * The tokens of a rendered prompt; stops early if there are more than `most`. Long prompts are tokenized in slices,
	 * and other tasks run between them.
	 *
	 * @throws the signal's reason.
	 */
	async read(rendered: string, most = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<readonly Token[]> {
		const tokens: Token[] = []
		let unread = 0
		for (const segment of this.segments(rendered)) {
			if (tokens.length > most) break
			if (typeof segment === 'number') {
				tokens.push(segment)
				continue
			}
			for (const token of this.vocabulary.tokenize(segment)) tokens.push(token)
			unread += segment.length
			if (unread < sliceLength) continue
			unread = 0
			await new Promise((resolve) => setImmediate(resolve))
			signal?.throwIfAborted()
		}
		return this.vocabulary.framed(tokens)
	}

	/** Splits the text into control tokens and the texts between them. */
	private *segments(rendered: string): Generator<Token | string> {
		let from = 0
		for (let at = 0; at < rendered.length; at++) {
			const text = this.controlAt(rendered, at)
			const control = text === undefined ? undefined : this.vocabulary.controls.get(text)
			if (text === undefined || control === undefined) continue
			const before = rendered.slice(from, at)
			yield* this.slices(control.stripsBefore ? before.trimEnd() : before)
			yield control.token
			from = at + text.length
			while (control.stripsAfter && /\s/.test(rendered.charAt(from))) from++
			at = from - 1
		}
		yield* this.slices(rendered.slice(from))
	}

	/** Cuts before a space, a word boundary of byte-level tokenizers anyway. */
	private *slices(text: string): Generator<string> {
		const unmarked = text.replaceAll(this.mark, '')
		const plain = unmarked.includes(this.numberMark) ? unmarked.replace(this.numbers, '$1') : unmarked
		let from = 0
		while (this.vocabulary.canSlice && plain.length - from > 2 * sliceLength) {
			const space = plain.indexOf(' ', from + sliceLength)
			const to = space < 0 || space - from > 2 * sliceLength ? characterStart(plain, from + sliceLength) : space
			yield plain.slice(from, to)
			from = to
		}
		yield plain.slice(from)
	}

	private controlAt(text: string, at: number): string | undefined {
		return this.controls.get(text.charAt(at))?.find((control) => text.startsWith(control, at))
	}

	private beginsControl(text: string): boolean {
		for (let at = Math.max(0, text.length - this.longest + 1); at < text.length; at++) {
			const tail = text.slice(at)
			if (this.controls.get(text.charAt(at))?.some((control) => control.startsWith(tail) && control !== tail) === true)
				return true
		}
		return false
	}

	private endsControl(text: string): boolean {
		for (let length = 1; length < Math.min(this.longest, text.length + 1); length++) {
			const head = text.slice(0, length)
			if (
				this.byLastCharacter.get(head.slice(-1))?.some((control) => control.endsWith(head) && control !== head) === true
			)
				return true
		}
		return false
	}
}

/** A position that is not inside a surrogate pair. */
function characterStart(text: string, at: number): number {
	const code = text.charCodeAt(at)
	return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at
}
