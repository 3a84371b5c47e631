// The grammar that an answer is held to: the JSON that was asked for, the calls that may or must be made, and around them the freedom to
// think and to speak. One grammar holds from the first token to the last, so nothing has to be switched on while the model writes. How a
// schema becomes rules is known elsewhere.

import { ChatError } from '../../chat/error.ts'
import type { ChatRequest, ResponseFormat } from '../../chat/request.ts'
import { choosableTools, type FunctionTool } from '../../chat/tool.ts'
import { GrammarBuilder } from '../grammar/grammar-builder.ts'
import { addSchema } from '../grammar/schema-compiler.ts'
import { type CallFormat, markOf } from './call-format.ts'
import { thinkClose, thinkOpen } from './template.ts'

export interface AnswerGrammar {
	readonly gbnf: string
	/** Nothing but the end can follow where the end may: the answer is complete as soon as it may end. */
	readonly endsItself: boolean
}

export interface Thinking {
	/** The model may think. */
	readonly allowed: boolean
	/** It has already begun to. */
	readonly begun: boolean
}

/** The functions that an answer may call. */
export function callableTools(request: ChatRequest): readonly FunctionTool[] {
	return choosableTools(request.tools, request.toolChoice).map((tool) => {
		if (tool.type === 'function') return tool
		throw new ChatError('unsupported', `This engine calls functions only; '${tool.name}' is a custom tool.`, {
			param: 'tools',
			code: 'unsupported_tool',
		})
	})
}

/**
 * The grammar of an answer, or none where it is free.
 *
 * @throws ChatError `unsupported` for schemas that cannot be enforced, `invalid-request` for those that nothing satisfies.
 */
export function answerGrammar(request: ChatRequest, format: CallFormat, thinking: Thinking): AnswerGrammar | undefined {
	const tools = callableTools(request)
	const forced = request.toolChoice.type === 'required' || request.toolChoice.type === 'named'
	const json = request.responseFormat.type !== 'text'
	if (tools.length === 0 && !json) return undefined
	const builder = new GrammarBuilder()
	const several = request.parallelToolCalls && request.toolChoice.type !== 'named' && format.between !== undefined
	const calls = tools.length === 0 ? undefined : writeCallRules(builder, tools, format, several)
	let body: string
	if (calls === undefined) body = jsonRule(builder, request.responseFormat)
	else if (forced) body = `${builder.literal(format.head)} ${calls}`
	else if (json) body = `${jsonRule(builder, request.responseFormat)} | ${builder.literal(format.head)} ${calls}`
	else body = freeOrCalls(builder, format, calls)
	const answer = builder.rule('answer', body)
	return {
		gbnf: builder.build(thoughtsBefore(builder, answer, thinking)),
		endsItself: (calls === undefined && json) || (forced && !several),
	}
}

function jsonRule(builder: GrammarBuilder, format: ResponseFormat): string {
	return addSchema(builder, format.type === 'json-schema' ? (format.schema ?? {}) : { type: 'object' }, 'json')
}

/** One call or several, without the head. */
function writeCallRules(
	builder: GrammarBuilder,
	tools: readonly FunctionTool[],
	format: CallFormat,
	several: boolean,
): string {
	const id = format.beforeId === undefined ? '' : `${builder.literal(format.beforeId)} [a-zA-Z0-9]{9} `
	const bodies = tools.map((tool, at) => {
		const opening = builder.literal(`${format.beforeName}${JSON.stringify(tool.name).slice(1, -1)}${format.afterName}`)
		const values =
			tool.parameters === undefined
				? builder.literal('{}')
				: addSchema(builder, { type: 'object', ...tool.parameters }, `arguments-${at}`)
		return `${opening} ${values} ${id}${builder.literal(format.afterArguments)}`
	})
	const call = builder.rule('call', bodies.join(' | '))
	const more = several && format.between !== undefined ? ` (${builder.literal(format.between)} ${call})*` : ''
	return builder.rule('calls', `${call}${more} ${builder.literal(format.tail)}`)
}

/** Free text that ends as it likes, or goes over to calls where their mark appears. */
function freeOrCalls(builder: GrammarBuilder, format: CallFormat, calls: string): string {
	const mark = markOf(format)
	if (mark === '') {
		const any = builder.rule('any', '[^\\x00]*')
		return `${builder.literal(format.head)} ${calls} | [^\\x00{ \\t\\r\\n] ${any} | ""`
	}
	const rest = format.head.slice(format.head.indexOf(mark) + mark.length)
	const begun = rest === '' ? calls : builder.rule('calls-begun', `${builder.literal(rest)} ${calls}`)
	return textUntil(builder, 'free', mark, begun, true)
}

function thoughtsBefore(builder: GrammarBuilder, answer: string, { allowed, begun }: Thinking): string {
	if (!allowed) return answer
	const after = builder.rule('after-thoughts', `[ \\t\\r\\n]{0,4} ${answer}`)
	const thoughts = textUntil(builder, 'thoughts', thinkClose, after, false)
	return begun ? thoughts : `${builder.literal(thinkOpen)} ${thoughts} | ${answer}`
}

/**
 * Any text up to the first `mark`, which `next` follows; one rule for each length of the mark that has been seen.
 *
 * @param mayEnd whether the text may also end without the mark.
 */
function textUntil(builder: GrammarBuilder, name: string, mark: string, next: string, mayEnd: boolean): string {
	const characters = [...mark]
	const alphabet = [...new Set(characters)]
	const others = `[^${alphabet.map(inClass).join('')}]`
	const states = characters.map((_, seen) => builder.reserve(`${name}-${seen}`))
	for (const [seen, state] of states.entries()) {
		const ways = alphabet.map(
			(character) => `[${inClass(character)}] ${states[seenAfter(characters, seen, character)] ?? next}`,
		)
		builder.define(state, [...ways, `${others} ${states[0]}`, ...(mayEnd ? ['""'] : [])].join(' | '))
	}
	return states[0] ?? next
}

/** How much of `mark` ends a text that ended with its first `seen` characters and goes on with `character`. */
function seenAfter(mark: readonly string[], seen: number, character: string): number {
	const text = [...mark.slice(0, seen), character]
	for (let length = text.length; length > 0; length--)
		if (mark.slice(0, length).every((expected, at) => expected === text[text.length - length + at])) return length
	return 0
}

function inClass(character: string): string {
	const code = character.codePointAt(0) ?? 0
	if (code < 0x80 && /[A-Za-z0-9_<>/ ]/.test(character)) return character
	return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
