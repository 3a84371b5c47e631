// What a prompt that begins with `echo:` asks the echo engine to do, one instruction a line; docs/echo.md lists them. It only reads;
// doing it is the answer's.

import { ChatError, type ChatErrorKind, chatErrorKinds } from '../../chat/error.ts'

/** What an answer consists of, and what befalls it. */
export interface Plan {
	readonly parts: readonly PlannedPart[]
	/** Wait before each token, in milliseconds. */
	readonly delayMs: number
	readonly mishap?: Mishap
}

export type PlannedPart =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'reasoning'; readonly text: string }
	| { readonly type: 'refusal'; readonly text: string }
	| { readonly type: 'tool'; readonly name: string; readonly arguments: string; readonly kind: 'function' | 'custom' }
	| { readonly type: 'repeat'; readonly times: number; readonly text: string }

/** What keeps an answer from its end, after so many of its tokens; before it has begun where `after` is absent. */
export type Mishap =
	| { readonly type: 'error'; readonly kind: ChatErrorKind; readonly after?: number }
	| { readonly type: 'hang'; readonly after?: number }

const mark = 'echo:'

/** @throws ChatError `invalid-request` for an instruction that does not exist or lacks something. */
export function readPlan(text: string): Plan {
	if (!text.startsWith(mark)) return { parts: [{ type: 'text', text }], delayMs: 0 }
	let plan: Plan = { parts: [], delayMs: 0 }
	for (const line of text.split('\n')) {
		if (line.startsWith(mark)) plan = obey(plan, line.slice(mark.length))
		else plan = withLine(plan, line)
	}
	return plan.parts.length === 0 ? withFiller(plan) : plan
}

/** What is to be slow or to break off needs something to say. */
function withFiller(plan: Plan): Plan {
	const after = plan.mishap?.after ?? (plan.delayMs > 0 ? 9 : undefined)
	return after === undefined ? plan : withPart(plan, { type: 'repeat', times: after + 1, text: 'word' })
}

/** Lines of text that follow each other are one text. */
function withLine(plan: Plan, line: string): Plan {
	const last = plan.parts.at(-1)
	if (last?.type !== 'text') return withPart(plan, { type: 'text', text: line })
	return { ...plan, parts: [...plan.parts.slice(0, -1), { type: 'text', text: `${last.text}\n${line}` }] }
}

function obey(plan: Plan, line: string): Plan {
	const [name = '', ...words] = line.trim().split(' ')
	const rest = words.join(' ')
	switch (name) {
		case 'error':
			return { ...plan, mishap: { type: 'error', kind: readKind(rest) } }
		case 'error-after':
			return { ...plan, mishap: { type: 'error', after: readCount(words[0], name), kind: readKind(words[1] ?? '') } }
		case 'hang':
			return { ...plan, mishap: { type: 'hang' } }
		case 'hang-after':
			return { ...plan, mishap: { type: 'hang', after: readCount(words[0], name) } }
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
			throw wrong(`The echo engine knows no instruction '${name.slice(0, 40)}'.`)
	}
}

function withPart(plan: Plan, part: PlannedPart): Plan {
	return { ...plan, parts: [...plan.parts, part] }
}

function withRest(plan: Plan, rest: string): Plan {
	if (rest === '') return plan
	return rest.startsWith(mark) ? obey(plan, rest.slice(mark.length)) : withPart(plan, { type: 'text', text: rest })
}

function readCount(word: string | undefined, instruction: string): number {
	const count = Number(need(word, instruction))
	if (!Number.isSafeInteger(count) || count < 0) throw wrong(`'echo:${instruction}' needs a whole number.`)
	return count
}

function need(word: string | undefined, instruction: string): string {
	if (word === undefined || word === '') throw wrong(`'echo:${instruction}' lacks a word.`)
	return word
}

function readKind(word: string): ChatErrorKind {
	const kind = chatErrorKinds.find((one) => one === word)
	if (kind === undefined) throw wrong(`The echo engine knows no error '${word.slice(0, 40)}'.`)
	return kind
}

function wrong(message: string): ChatError {
	return new ChatError('invalid-request', message, { code: 'unknown_instruction' })
}
