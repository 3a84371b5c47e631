// How a model writes tool calls, learnt from its own template: a conversation with made-up calls is rendered, and what the template put
// around their names and arguments is the format. Templates that show no tools, or write calls in a way not understood here, get a plain
// format of ours and instructions for it. It knows no model by name.

import type { Render, TemplateMessage } from './template-message.ts'

/** A call reads `beforeName NAME afterName ARGUMENTS afterArguments`, where the name is JSON text without its quotes. */
export interface CallFormat {
	/** In front of the first call. May be only white space: then an answer that begins with `{` is a call. */
	readonly head: string
	readonly beforeName: string
	readonly afterName: string
	/** Between a call's arguments and the number it gives itself, where calls have one. */
	readonly beforeId: string | undefined
	readonly afterArguments: string
	/** Between two calls; absent where the template takes one call at a time. */
	readonly between: string | undefined
	/** Behind the last call. */
	readonly tail: string
}

export interface CallTraits {
	readonly format: CallFormat
	/** The template shows tools and calls itself. */
	readonly native: boolean
	/** The template wants arguments as a value and not as JSON text. */
	readonly takesValues: boolean
	/** Letters and digits in a call's id, where the template is particular. */
	readonly idLength: number | undefined
}

/** Ours, spelt as many models have learnt it. */
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

/** @param endTexts what may end the assistant's turn. */
export function learnCalls(render: Render, endTexts: readonly string[]): CallTraits {
	for (const idLength of [undefined, 9])
		for (const takesValues of [true, false]) {
			const format = learnFormat(render, endTexts, takesValues, idLength)
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
/** Begins like nothing that a template writes. */
const words = '\u{E000}probe'

function learnFormat(
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
		const spoken = render([question, { role: 'assistant', content: words }], { tools: definitions, opensAnswer: false })
		const one = readCall(behind(spoken, answer(firstName)), firstName)
		if (one === undefined) return undefined
		return {
			head: one.before,
			beforeName: one.beforeName,
			afterName: one.afterName,
			...splitId(one.afterArguments, ids[0] ?? ''),
			between: learnBetween(() => behind(spoken, answer(firstName, secondName))),
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

function learnBetween(renderBoth: () => string): string | undefined {
	try {
		const first = readCall(renderBoth(), firstName)
		const second = first === undefined ? undefined : readCall(first.after, secondName)
		return second?.before
	} catch {
		return undefined
	}
}

/** What the assistant says in `calling`, which differs from `spoken` in nothing else. */
function behind(spoken: string, calling: string): string {
	let shared = 0
	while (shared < spoken.length && spoken[shared] === calling[shared]) shared++
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
	const [whole, before = '', beforeName = '', afterName = '', afterArguments = ''] = call
	return { before, beforeName, afterName, afterArguments, after: text.slice(whole.length) }
}

function splitId(afterArguments: string, id: string): Pick<CallFormat, 'beforeId' | 'afterArguments'> {
	const at = afterArguments.indexOf(id)
	if (at < 0) return { beforeId: undefined, afterArguments }
	return { beforeId: afterArguments.slice(0, at), afterArguments: afterArguments.slice(at + id.length) }
}

/** What begins the calls in a free answer, without the white space around it; empty where nothing does. */
export function markOf(format: CallFormat): string {
	return format.head.trim()
}

/** Calls of an earlier answer as the format writes them, for templates that cannot. */
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

/** The words that tell a model of its tools where its template has none. */
export function instructions(definitions: readonly unknown[]): string {
	return [
		'You can call functions. These are the functions, as JSON Schema:',
		'<tools>',
		...definitions.map((definition) => JSON.stringify(definition)),
		'</tools>',
		'To call one, answer with its name and arguments as a JSON object between <tool_call> and </tool_call>:',
		'<tool_call>',
		'{"name": "function name", "arguments": {"argument": "value"}}',
		'</tool_call>',
		'The results come back between <tool_response> and </tool_response>.',
	].join('\n')
}
