// The request of one answer as the code view writes it: complete, with the questions and answers before it, so that the code
// runs on its own. It does not know the dialects.

import { isEmpty, itemsOf, type PageTurn, type ToolResult } from '../state/turn-tree.ts'

export interface CodeMessage {
	readonly role: 'user' | 'assistant'
	readonly texts: readonly string[]
	/** Pictures as `data:` URLs. */
	readonly images: readonly string[]
	/** Calls of tools, of the assistant. */
	readonly calls?: readonly CodeCall[]
	/** Results of the calls of the message before: then the message has nothing else. */
	readonly results?: readonly (ToolResult & { readonly name: string })[]
}

export interface CodeCall {
	readonly id: string
	readonly name: string
	/** JSON. */
	readonly arguments: string
}

export interface CodeTool {
	readonly name: string
	readonly description: string
	/** A JSON schema. */
	readonly parameters: unknown
}

export interface CodeRequest {
	readonly model: string
	readonly messages: readonly CodeMessage[]
	readonly stream: boolean
	readonly instructions?: string | undefined
	readonly temperature?: number | undefined
	readonly topP?: number | undefined
	readonly maxOutputTokens?: number | undefined
	readonly effort?: string | undefined
	readonly tools: readonly CodeTool[]
	/** The schema of the answer. */
	readonly schema?: { readonly name: string; readonly schema: unknown; readonly strict: boolean } | undefined
}

/**
 * @param path the turns up to the one whose request it is.
 * @param fields the further fields of its request, of the Responses API.
 */
export function readCodeRequest(
	path: readonly PageTurn[],
	fields: Readonly<Record<string, unknown>>,
	stream: boolean,
): CodeRequest {
	const { instructions, temperature, top_p, max_output_tokens } = fields
	const names = new Map(path.flatMap(callsOf).map(({ id, name }) => [id, name]))
	return {
		model: path.at(-1)?.model ?? '',
		messages: path.flatMap((turn, index) => messagesOf(turn, index === path.length - 1, names)),
		stream,
		instructions: typeof instructions === 'string' ? instructions : undefined,
		temperature: numberOf(temperature),
		topP: numberOf(top_p),
		maxOutputTokens: numberOf(max_output_tokens),
		effort: textOf(fieldOf(fields.reasoning, 'effort')),
		tools: Array.isArray(fields.tools) ? fields.tools.flatMap(readTool) : [],
		schema: readSchema(fields.text),
	}
}

/** A request that was stored has all fields; those that have the API's default are left out. */
export function withoutDefaults(response: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	const { instructions, temperature, top_p, max_output_tokens, reasoning, tools, text } = response
	return {
		instructions,
		temperature: temperature === 1 ? undefined : temperature,
		top_p: top_p === 1 ? undefined : top_p,
		max_output_tokens,
		reasoning,
		tools,
		text,
	}
}

function messagesOf(turn: PageTurn, isLast: boolean, names: ReadonlyMap<string, string>): readonly CodeMessage[] {
	const { question, answer } = turn
	const results = (question.results ?? []).map((result) => ({ ...result, name: names.get(result.callId) ?? '' }))
	const asked: CodeMessage =
		results.length === 0
			? { role: 'user', texts: textsOf(itemsOf(question)), images: question.images }
			: { role: 'user', texts: [], images: [], results }
	// A continuation has no question: the messages end with the incomplete answer.
	const isContinuation = results.length === 0 && isEmpty(question)
	const before = isContinuation ? [] : [asked]
	const begun = isContinuation ? '' : (question.answered ?? '')
	const text = begun + (isLast ? '' : answer.text)
	const calls = isLast ? [] : callsOf(turn)
	if (text === '' && calls.length === 0) return before
	return [...before, { role: 'assistant', texts: text === '' ? [] : [text], images: [], calls }]
}

const callsOf = ({ answer }: PageTurn): readonly CodeCall[] =>
	answer.parts.flatMap((part) =>
		part.type === 'tool-call' && part.callId !== undefined
			? [{ id: part.callId, name: part.name, arguments: part.arguments === '' ? '{}' : part.arguments }]
			: [],
	)

function textsOf(input: readonly unknown[]): readonly string[] {
	return input.flatMap((item) => {
		const content = fieldOf(item, 'content')
		return Array.isArray(content) ? content.flatMap((part) => textOf(fieldOf(part, 'text')) ?? []) : []
	})
}

function readTool(tool: unknown): readonly CodeTool[] {
	const name = textOf(fieldOf(tool, 'name'))
	if (name === undefined || fieldOf(tool, 'type') !== 'function') return []
	const parameters = fieldOf(tool, 'parameters')
	return [{ name, description: textOf(fieldOf(tool, 'description')) ?? '', parameters }]
}

/** @param text the field of this name of the Responses API. */
export function readSchema(text: unknown): CodeRequest['schema'] {
	const format = fieldOf(text, 'format')
	if (fieldOf(format, 'type') !== 'json_schema') return undefined
	return {
		name: textOf(fieldOf(format, 'name')) ?? 'answer',
		schema: fieldOf(format, 'schema'),
		strict: fieldOf(format, 'strict') === true,
	}
}

const fieldOf = (value: unknown, name: string): unknown =>
	typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
