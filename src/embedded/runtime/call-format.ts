// The format of a model's tool calls, derived from its own template: a conversation with probe calls is rendered, and
// the text that the template puts around their names and arguments is the format. Templates without support for tools,
// or with an unrecognized format, get a generic format and instructions for it. It knows no model by name.

import { stringifyJson } from '../../chat/json-text.ts'
import type { Render, TemplateMessage } from './template-message.ts'

/**
 * A call has the form `beforeName NAME afterName ARGUMENTS afterArguments`, with the name as JSON text without its
 * quotes.
 */
export interface CallFormat {
	/** Precedes the first call. If it is only white space, an answer that begins with `{` is a call. */
	readonly head: string
	readonly beforeName: string
	readonly afterName: string
	/** Between a call's arguments and its id, if calls contain one. */
	readonly beforeId: string | undefined
	readonly afterArguments: string
	/** Between two calls; absent if the template supports one call at a time. */
	readonly between: string | undefined
	/** Follows the last call. */
	readonly tail: string
}

export interface CallTraits {
	readonly format: CallFormat
	/** The template renders tools and calls itself. */
	readonly native: boolean
	/** The template requires arguments as a value, not as JSON text. */
	readonly takesValues: boolean
	/** Number of letters and digits in a call's id, if the template requires one. */
	readonly idLength: number | undefined
}

/** The generic format, in the notation that many models were trained on. */
export const plainFormat: CallFormat = {
	head: '<tool_call>\n',
	beforeName: '{"name": "',
	afterName: '", "arguments": ',
	beforeId: undefined,
	afterArguments: '}',
	between: '\n</tool_call>\n<tool_call>\n',
	tail: '\n</tool_call>',
}

const plainTraits: CallTraits = { format: plainFormat, native: false, takesValues: false, idLength: undefined }

/** @param endTexts texts that may end the assistant's turn. */
export function deriveCalls(render: Render, endTexts: readonly string[]): CallTraits {
	for (const idLength of [undefined, 9])
		for (const takesValues of [true, false]) {
			const format = deriveFormat(render, endTexts, takesValues, idLength)
			if (format !== undefined) return { format, native: true, takesValues, idLength }
		}
	return plainTraits
}

const firstName = 'first_probe'
const secondName = 'second_probe'
const definitions = [firstName, secondName].map((name) => ({
	type: 'function',
	function: { name, description: 'probe', parameters: { type: 'object', properties: { depth: { type: 'integer' } } } },
}))
const question: TemplateMessage = { role: 'user', content: 'probe' }
/** Shares no prefix with anything that a template writes. */
const words = '\u{E000}probe'

function deriveFormat(
	render: Render,
	endTexts: readonly string[],
	takesValues: boolean,
	idLength: number | undefined,
): CallFormat | undefined {
	const ids = ['1probecall', '2probecall'].map((id) => id.padEnd(24, '0').slice(0, idLength ?? 24))
	const answer = (...names: readonly string[]) => {
		const calls = names.map((name, at) => ({
			id: ids[at] ?? '',
			type: 'function' as const,
			function: { name, arguments: takesValues ? { depth: 7 } : '{"depth": 7}' },
		}))
		return render([question, { role: 'assistant', content: '', tool_calls: calls }], {
			tools: definitions,
			opensAnswer: false,
		})
	}
	try {
		if (!render([question], { tools: definitions, opensAnswer: true }).includes(firstName)) return undefined
		const rendered = render([question, { role: 'assistant', content: words }], {
			tools: definitions,
			opensAnswer: false,
		})
		const one = readCall(assistantPart(rendered, answer(firstName)), firstName)
		if (one === undefined) return undefined
		return {
			head: one.before,
			beforeName: one.beforeName,
			afterName: one.afterName,
			...splitId(one.afterArguments, ids[0] ?? ''),
			between: deriveSeparator(() => assistantPart(rendered, answer(firstName, secondName))),
			tail: untilEnd(one.after, endTexts),
		}
	} catch {
		return undefined
	}
}

function untilEnd(text: string, endTexts: readonly string[]): string {
	const ends = endTexts.map((end) => text.indexOf(end)).filter((at) => at >= 0)
	return ends.length === 0 ? text.trimEnd() : text.slice(0, Math.min(...ends))
}

function deriveSeparator(renderBoth: () => string): string | undefined {
	try {
		const first = readCall(renderBoth(), firstName)
		const second = first === undefined ? undefined : readCall(first.after, secondName)
		return second?.before
	} catch {
		return undefined
	}
}

/** The assistant's part of `calling`, which is otherwise equal to `rendered`. */
function assistantPart(rendered: string, calling: string): string {
	let shared = 0
	while (shared < rendered.length && rendered[shared] === calling[shared]) shared++
	// Two marks may begin with the same bracket.
	while (shared > 0 && /[<[]/.test(calling.charAt(shared - 1))) shared--
	return calling.slice(shared)
}

interface ReadCall {
	readonly before: string
	readonly beforeName: string
	readonly afterName: string
	readonly afterArguments: string
	readonly after: string
}

function readCall(text: string, name: string): ReadCall | undefined {
	const call = new RegExp(
		`^([^{]*)(\\{\\s*"name"\\s*:\\s*")${name}("\\s*,\\s*"\\w+"\\s*:\\s*)\\{\\s*"depth"\\s*:\\s*7\\s*\\}([^{}]*\\})`,
	).exec(text)
	if (call === null) return undefined
	const [match, before = '', beforeName = '', afterName = '', afterArguments = ''] = call
	return { before, beforeName, afterName, afterArguments, after: text.slice(match.length) }
}

function splitId(afterArguments: string, id: string): Pick<CallFormat, 'beforeId' | 'afterArguments'> {
	const at = afterArguments.indexOf(id)
	if (at < 0) return { beforeId: undefined, afterArguments }
	return { beforeId: afterArguments.slice(0, at), afterArguments: afterArguments.slice(at + id.length) }
}

/** The mark that begins the calls in a free answer, without the white space around it; empty if there is none. */
export function markOf(format: CallFormat): string {
	return format.head.trim()
}

/** Calls of an earlier answer in the format, for templates that cannot render them. */
export function writeCalls(
	format: CallFormat,
	calls: readonly { readonly name: string; readonly arguments: string }[],
): string {
	if (calls.length === 0) return ''
	const written = calls.map(
		(call) =>
			format.beforeName +
			JSON.stringify(call.name).slice(1, -1) +
			format.afterName +
			call.arguments +
			format.afterArguments,
	)
	return format.head + written.join(format.between ?? format.tail + format.head) + format.tail
}

/** Instructions that present the tools to a model whose template cannot. */
export function instructions(definitions: readonly unknown[]): string {
	return [
		'You can call functions. These are the functions, as JSON Schema:',
		'<tools>',
		...definitions.map(stringifyJson),
		'</tools>',
		'To call one, answer with its name and arguments as a JSON object between <tool_call> and </tool_call>:',
		'<tool_call>',
		'{"name": "function name", "arguments": {"argument": "value"}}',
		'</tool_call>',
		'The results come back between <tool_response> and </tool_response>.',
	].join('\n')
}
