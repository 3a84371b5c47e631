// The grammar that constrains an answer: the requested JSON, the allowed or required tool calls, and free reasoning and text around
// them. One grammar covers the whole answer, so nothing has to be switched during generation. The compilation of schemas is in
// embedded/grammar.

import { ChatError } from '../../chat/error.ts'
import type { JsonObject } from '../../chat/json.ts'
import type { ChatRequest, ResponseFormat } from '../../chat/request.ts'
import { choosableTools, type FunctionTool } from '../../chat/tool.ts'
import { checkGivenGrammar } from '../grammar/given-grammar.ts'
import { GrammarBuilder } from '../grammar/grammar-builder.ts'
import { textPatternRule } from '../grammar/regular-expression.ts'
import { addSchema } from '../grammar/schema-compiler.ts'
import { type CallFormat, markOf } from './call-format.ts'
import { type Constraint, readConstraint } from './constraint.ts'
import { thinkClose, thinkOpen } from './template.ts'

export interface AnswerGrammar {
	readonly gbnf: string
	/** Wherever the answer may end, nothing else may follow: it is complete as soon as it may end. */
	readonly endsItself: boolean
	/** The field of the request that the grammar comes from, if the client wrote it. */
	readonly field?: string
}

export interface Thinking {
	/** Whether the model may reason. */
	readonly allowed: boolean
	/** Whether the prompt already opened the reasoning block. */
	readonly open: boolean
}

/** The functions that an answer may call. */
export function callableTools(request: ChatRequest): readonly FunctionTool[] {
	return choosableTools(request.tools, request.toolChoice).map((tool) => {
		if (tool.type === 'function') return tool
		throw new ChatError('unsupported', `This engine supports function tools only; '${tool.name}' is a custom tool.`, {
			param: 'tools',
			code: 'unsupported_tool',
		})
	})
}

/**
 * The grammar of an answer, undefined if the answer is unconstrained.
 *
 * @throws ChatError `unsupported` for a schema that cannot be enforced, `invalid-request` for one that no value satisfies.
 */
export function answerGrammar(request: ChatRequest, format: CallFormat, thinking: Thinking): AnswerGrammar | undefined {
	const constraint = readConstraint(request)
	if (constraint !== undefined) return constrainedGrammar(constraint, thinking)
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
		gbnf: builder.build(thinkingBefore(builder, answer, thinking)),
		endsItself: (calls === undefined && json) || (forced && !several),
	}
}

/** The grammar of an answer without calls. */
function constrainedGrammar(constraint: Constraint, thinking: Thinking): AnswerGrammar {
	if (constraint.type === 'grammar') {
		if (thinking.open)
			throw new ChatError('unsupported', 'This model reasons before it answers; a grammar cannot be enforced then.', {
				param: constraint.field,
			})
		checkGivenGrammar(constraint.gbnf, constraint.field)
		return { gbnf: constraint.gbnf, endsItself: false, field: constraint.field }
	}
	const builder = new GrammarBuilder()
	const answer = builder.rule('answer', constraintBody(builder, constraint))
	return {
		gbnf: builder.build(thinkingBefore(builder, answer, thinking)),
		endsItself: constraint.type === 'schema',
	}
}

function constraintBody(builder: GrammarBuilder, constraint: Exclude<Constraint, { type: 'grammar' }>): string {
	switch (constraint.type) {
		case 'schema':
			return addSchema(builder, constraint.schema, 'json')
		case 'choice':
			return constraint.texts.map((text) => builder.literal(text)).join(' | ')
		case 'regex':
			return textPatternRule(constraint.pattern, constraint.field)
	}
}

function jsonRule(builder: GrammarBuilder, format: ResponseFormat): string {
	return addSchema(builder, answerSchema(format), 'json')
}

function answerSchema(format: ResponseFormat): JsonObject {
	switch (format.type) {
		case 'text':
		case 'json-object':
			return { type: 'object' }
		case 'json-schema':
			return format.schema ?? {}
	}
}

/** One or several calls, without the head. */
function writeCallRules(
	builder: GrammarBuilder,
	tools: readonly FunctionTool[],
	format: CallFormat,
	several: boolean,
): string {
	const id = format.beforeId === undefined ? '' : `${builder.literal(format.beforeId)} [a-zA-Z0-9]{9} `
	const bodies = tools.map((tool, at) => {
		const prefix = builder.literal(`${format.beforeName}${JSON.stringify(tool.name).slice(1, -1)}${format.afterName}`)
		const values =
			tool.parameters === undefined
				? builder.literal('{}')
				: addSchema(builder, { type: 'object', ...tool.parameters }, `arguments-${at}`)
		return `${prefix} ${values} ${id}${builder.literal(format.afterArguments)}`
	})
	const call = builder.rule('call', bodies.join(' | '))
	const more = several && format.between !== undefined ? ` (${builder.literal(format.between)} ${call})*` : ''
	return builder.rule('calls', `${call}${more} ${builder.literal(format.tail)}`)
}

/** Free text that may end anywhere, or continue with calls after their mark. */
function freeOrCalls(builder: GrammarBuilder, format: CallFormat, calls: string): string {
	const mark = markOf(format)
	if (mark === '') {
		const any = builder.rule('any', '[^\\x00]*')
		return `${builder.literal(format.head)} ${calls} | [^\\x00{ \\t\\r\\n] ${any} | ""`
	}
	const rest = format.head.slice(format.head.indexOf(mark) + mark.length)
	const open = rest === '' ? calls : builder.rule('calls-started', `${builder.literal(rest)} ${calls}`)
	return textUntil(builder, 'free', { mark, next: open, mayEnd: true })
}

function thinkingBefore(builder: GrammarBuilder, answer: string, { allowed, open }: Thinking): string {
	if (!allowed) return answer
	const after = builder.rule('after-thoughts', `[ \\t\\r\\n]{0,4} ${answer}`)
	const thinking = textUntil(builder, 'thoughts', { mark: thinkClose, next: after, mayEnd: false })
	return open ? thinking : `${builder.literal(thinkOpen)} ${thinking} | ${answer}`
}

interface MarkedText {
	readonly mark: string
	/** The expression that follows the mark. */
	readonly next: string
	/** Whether the text may also end without the mark. */
	readonly mayEnd: boolean
}

/** Any text up to the first `mark`, followed by `next`; one rule for each length of the matched prefix of the mark. */
function textUntil(builder: GrammarBuilder, name: string, { mark, next, mayEnd }: MarkedText): string {
	const characters = [...mark]
	const alphabet = [...new Set(characters)]
	const others = `[^${alphabet.map(inClass).join('')}]`
	const states = characters.map((_, matched) => builder.reserve(`${name}-${matched}`))
	for (const [matched, state] of states.entries()) {
		const alternatives = alphabet.map(
			(character) => `[${inClass(character)}] ${states[matchedAfter(characters, matched, character)] ?? next}`,
		)
		builder.define(state, [...alternatives, `${others} ${states[0]}`, ...(mayEnd ? ['""'] : [])].join(' | '))
	}
	return states[0] ?? next
}

/** Length of the longest prefix of `mark` that ends the text of its first `matched` characters and `character`. */
function matchedAfter(mark: readonly string[], matched: number, character: string): number {
	const text = [...mark.slice(0, matched), character]
	for (let length = text.length; length > 0; length--)
		if (mark.slice(0, length).every((expected, at) => expected === text[text.length - length + at])) return length
	return 0
}

function inClass(character: string): string {
	const code = character.codePointAt(0) ?? 0
	if (code < 0x80 && /[A-Za-z0-9_<>/ ]/.test(character)) return character
	return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
