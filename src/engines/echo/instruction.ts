// Parses the instructions of a prompt that starts with `echo:`, one per line. docs/echo.md lists them. The engine
// executes them.

import { ChatError, type ChatErrorKind, chatErrorKinds } from '../../chat/error.ts'

/** The content of a response, and the failure to simulate. */
export interface Plan {
	readonly parts: readonly PlannedPart[]
	/** Delay before each token, in milliseconds. */
	readonly delayMs: number
	readonly fault?: EchoFault
}

export type PlannedPart =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'reasoning'; readonly text: string }
	| { readonly type: 'refusal'; readonly text: string }
	| { readonly type: 'tool'; readonly name: string; readonly arguments: string; readonly kind: 'function' | 'custom' }
	| { readonly type: 'repeat'; readonly times: number; readonly text: string }

/** A simulated failure. It occurs after `after` tokens, or before the response starts if `after` is absent. */
export type EchoFault =
	| { readonly type: 'error'; readonly kind: ChatErrorKind; readonly after?: number }
	| { readonly type: 'hang'; readonly after?: number }

const mark = 'echo:'

/** @throws ChatError `invalid-request` for an unknown instruction or a missing argument. */
export function readPlan(text: string): Plan {
	if (!text.startsWith(mark)) return { parts: [{ type: 'text', text }], delayMs: 0 }
	let plan: Plan = { parts: [], delayMs: 0 }
	for (const line of text.split('\n')) {
		if (line.startsWith(mark)) plan = withInstruction(plan, line.slice(mark.length))
		else plan = withLine(plan, line)
	}
	return plan.parts.length === 0 ? withFiller(plan) : plan
}

/** Adds text to a response without content that has a delay or fails after some tokens. */
function withFiller(plan: Plan): Plan {
	const after = plan.fault?.after ?? (plan.delayMs > 0 ? 9 : undefined)
	return after === undefined ? plan : withPart(plan, { type: 'repeat', times: after + 1, text: 'word' })
}

/** Consecutive lines of text are joined. */
function withLine(plan: Plan, line: string): Plan {
	const last = plan.parts.at(-1)
	if (last?.type !== 'text') return withPart(plan, { type: 'text', text: line })
	return { ...plan, parts: [...plan.parts.slice(0, -1), { type: 'text', text: `${last.text}\n${line}` }] }
}

function withInstruction(plan: Plan, line: string): Plan {
	const [name = '', ...words] = line.trim().split(' ')
	const rest = words.join(' ')
	switch (name) {
		case 'error':
			return { ...plan, fault: { type: 'error', kind: readKind(rest) } }
		case 'error-after':
			return { ...plan, fault: { type: 'error', after: readCount(words[0], name), kind: readKind(words[1] ?? '') } }
		case 'hang':
			return { ...plan, fault: { type: 'hang' } }
		case 'hang-after':
			return { ...plan, fault: { type: 'hang', after: readCount(words[0], name) } }
		case 'delay':
			return withRest({ ...plan, delayMs: readCount(words[0], name) }, words.slice(1).join(' '))
		case 'repeat':
			return withPart(plan, { type: 'repeat', times: readCount(words[0], name), text: words.slice(1).join(' ') })
		case 'tool':
			return withPart(plan, {
				type: 'tool',
				kind: 'function',
				name: need(words[0], name),
				arguments: words.slice(1).join(' ') || '{}',
			})
		case 'reasoning':
			return withPart(plan, { type: 'reasoning', text: rest })
		case 'refuse':
			return withPart(plan, { type: 'refusal', text: rest })
		case 'say':
			return withPart(plan, { type: 'text', text: rest })
		default:
			throw wrong(`Unknown echo instruction '${name.slice(0, 40)}': see docs/echo.md for the list.`)
	}
}

function withPart(plan: Plan, part: PlannedPart): Plan {
	return { ...plan, parts: [...plan.parts, part] }
}

function withRest(plan: Plan, rest: string): Plan {
	if (rest === '') return plan
	return rest.startsWith(mark)
		? withInstruction(plan, rest.slice(mark.length))
		: withPart(plan, { type: 'text', text: rest })
}

function readCount(word: string | undefined, instruction: string): number {
	const count = Number(need(word, instruction))
	if (!Number.isSafeInteger(count) || count < 0) throw wrong(`'echo:${instruction}' requires a non-negative integer.`)
	return count
}

function need(word: string | undefined, instruction: string): string {
	if (word === undefined || word === '') throw wrong(`'echo:${instruction}' is missing an argument.`)
	return word
}

function readKind(word: string): ChatErrorKind {
	const kind = chatErrorKinds.find((one) => one === word)
	if (kind === undefined) throw wrong(`Unknown error kind '${word.slice(0, 40)}': see docs/echo.md for the list.`)
	return kind
}

function wrong(message: string): ChatError {
	return new ChatError('invalid-request', message, { code: 'unknown_instruction' })
}
