// The worker thread that renders one caller's template. A template cannot access the server: the interpreter does not
// expose JavaScript attributes, and the context contains plain text only. A thread is only terminated between two
// JavaScript operations, so no single operation may run long or produce unbounded text: operations that multiply text
// are limited here.

import { Interpreter, Template } from '@huggingface/jinja'

export interface TemplateInquiry {
	readonly template: string
	readonly messages: readonly { readonly role: string; readonly content: string }[]
}

export type TemplateAnswer = { readonly prompt: string } | { readonly failure: string }

const longest = 4_194_304
const longestFailure = 200

declare const self: Worker

self.onmessage = ({ data: { template, messages } }: MessageEvent<TemplateInquiry>) => {
	limitTexts()
	self.postMessage(render(template, messages))
}

function render(template: string, messages: TemplateInquiry['messages']): TemplateAnswer {
	try {
		const prompt = new Template(template).render({ messages, bos_token: '<s>', eos_token: '</s>' })
		limit(prompt.length)
		return { prompt }
	} catch (thrown) {
		const failure = thrown instanceof Error ? thrown.message : String(thrown)
		return { failure: failure.slice(0, longestFailure) }
	}
}

/** Patches globals of this thread only, which ends after one template. */
function limitTexts(): void {
	const { evaluate } = Interpreter.prototype
	Interpreter.prototype.evaluate = function (statement, environment) {
		const result = evaluate.call(this, statement, environment)
		const { value } = result
		if (typeof value === 'string' || Array.isArray(value)) limit(value.length)
		return result
	}
	const { repeat, replaceAll } = String.prototype
	String.prototype.repeat = function (times) {
		limit(this.length * times)
		return repeat.call(this, times)
	}
	String.prototype.replaceAll = function (this: string, found: string | RegExp, replacement: unknown) {
		if (typeof replacement !== 'function') throw new TypeError('replaceAll only supports functions here')
		let length = this.length
		return Reflect.apply(replaceAll, this, [
			found,
			(match: string) => {
				const text = String(replacement(match))
				length += text.length - match.length
				limit(length)
				return text
			},
		])
	}
	const { join } = Array.prototype
	Array.prototype.join = function (separator = ',') {
		let length = separator.length * this.length
		for (const text of this) length += String(text ?? '').length
		limit(length)
		return join.call(this, separator)
	}
}

/** @param length of a text, or of a list. */
function limit(length: number): void {
	if (length > longest) throw new Error('a text or a list is too long')
}
