// Splits a model's output into reasoning, text, calls and their arguments, incrementally. It relies on the grammar that
// constrains calls, and does not know tokens.

import { type CallFormat, markOf } from './call-format.ts'
import { partialMatchLength } from './stop-filter.ts'
import { thinkClose, thinkOpen } from './template.ts'

/** A part of the answer; `length` is the number of characters of the model's output that it covers. */
export type OutputPart =
	| { readonly type: 'text' | 'reasoning' | 'arguments'; readonly text: string; readonly length: number }
	| { readonly type: 'call'; readonly name: string; readonly length: number }
	/** Marks and the white space around them. */
	| { readonly type: 'silence'; readonly length: number }

export interface ReaderOptions {
	/** `begun` if the prompt itself opened the reasoning block. */
	readonly thinking: 'never' | 'possible' | 'begun'
	/** Undefined if the model may not call tools. */
	readonly calls?: CallFormat
}

type OutputState = 'opening' | 'thinking' | 'thought' | 'beginning' | 'speaking' | 'between' | 'naming' | 'arguing'

export class OutputReader {
	private readonly format: CallFormat | undefined
	private readonly mark: string
	private state: OutputState
	private held = ''
	/** Inside arguments: the number of open brackets, and whether inside a string or after its backslash. */
	private depth = 0
	private inString = false
	private escaped = false

	constructor({ thinking, calls }: ReaderOptions) {
		this.format = calls
		this.mark = calls === undefined ? '' : markOf(calls)
		this.state = thinking === 'begun' ? 'thinking' : thinking === 'possible' ? 'opening' : 'beginning'
	}

	push(words: string): OutputPart[] {
		this.held += words
		const parts: OutputPart[] = []
		let part = this.next()
		while (part !== undefined) {
			if (part.length > 0) parts.push(part)
			part = this.next()
		}
		return parts
	}

	/** Returns the text that was withheld because a mark might have followed. */
	end(): OutputPart[] {
		const text = this.held
		this.held = ''
		if (text === '') return []
		const length = text.length
		switch (this.state) {
			case 'thinking':
				return [{ type: 'reasoning', text, length }]
			case 'opening':
			case 'beginning':
			case 'speaking':
				return [{ type: 'text', text, length }]
			case 'thought':
			case 'between':
			case 'naming':
				return [{ type: 'silence', length }]
			case 'arguing':
				return [{ type: 'arguments', text, length }]
		}
	}

	/** Performs one step on the buffered text; undefined if more text is needed. */
	private next(): OutputPart | undefined {
		if (this.held === '') return undefined
		switch (this.state) {
			case 'opening':
				return this.open()
			case 'thinking':
				return this.until(thinkClose, 'reasoning', 'thought')
			case 'thought':
				return this.skipSpace('beginning')
			case 'beginning':
				return this.begin()
			case 'speaking':
				return this.mark === '' ? this.take('text', this.held.length) : this.until(this.mark, 'text', 'between')
			case 'between':
				return this.seekCall()
			case 'naming':
				return this.name()
			case 'arguing':
				return this.readArguments()
		}
	}

	/** Reasoning, if any, comes first. */
	private open(): OutputPart | undefined {
		const words = this.held.trimStart()
		if (words === '' || (words.length < thinkOpen.length && thinkOpen.startsWith(words))) return undefined
		if (!words.startsWith(thinkOpen)) return this.go('beginning', 0)
		return this.go('thinking', this.held.length - words.length + thinkOpen.length)
	}

	/** If calls have no mark, an answer that begins with an object is a call. */
	private begin(): OutputPart | undefined {
		if (this.format === undefined || this.mark !== '') return this.go('speaking', 0)
		const words = this.held.trimStart()
		if (words === '') return undefined
		return this.go(words.startsWith('{') ? 'between' : 'speaking', 0)
	}

	private until(mark: string, type: 'text' | 'reasoning', after: OutputState): OutputPart | undefined {
		const at = this.held.indexOf(mark)
		if (at === 0) return this.go(after, mark.length)
		const length = at > 0 ? at : this.held.length - partialMatchLength(this.held, mark)
		return length === 0 ? undefined : this.take(type, length)
	}

	private skipSpace(after: OutputState): OutputPart | undefined {
		const words = this.held.trimStart()
		return this.go(words === '' ? this.state : after, this.held.length - words.length)
	}

	private seekCall(): OutputPart | undefined {
		const at = this.held.indexOf('{')
		return at < 0 ? this.go('between', this.held.length) : this.go('naming', at)
	}

	private name(): OutputPart | undefined {
		const { beforeName, afterName } = this.format ?? { beforeName: '', afterName: '' }
		const end = this.held.indexOf(afterName, beforeName.length)
		if (end < 0) return undefined
		const length = end + afterName.length
		const name = String(JSON.parse(`"${this.held.slice(beforeName.length, end)}"`))
		this.held = this.held.slice(length)
		this.state = 'arguing'
		this.depth = 0
		return { type: 'call', name, length }
	}

	private readArguments(): OutputPart | undefined {
		for (let at = 0; at < this.held.length; at++) {
			const character = this.held[at]
			if (this.escaped) this.escaped = false
			else if (this.inString) {
				if (character === '\\') this.escaped = true
				else if (character === '"') this.inString = false
			} else if (character === '"') this.inString = true
			else if (character === '{' || character === '[') this.depth++
			else if (character === '}' || character === ']') {
				this.depth--
				if (this.depth === 0) {
					const part = this.take('arguments', at + 1)
					this.state = 'between'
					return part
				}
			}
		}
		return this.take('arguments', this.held.length)
	}

	private take(type: 'text' | 'reasoning' | 'arguments', length: number): OutputPart {
		const text = this.held.slice(0, length)
		this.held = this.held.slice(length)
		return { type, text, length }
	}

	/** Drops `length` characters; a mere change of state produces no part. */
	private go(state: OutputState, length: number): OutputPart | undefined {
		const moved = this.state !== state
		this.state = state
		this.held = this.held.slice(length)
		return length > 0 || moved ? { type: 'silence', length } : undefined
	}
}
