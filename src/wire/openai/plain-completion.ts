// The whole answers that nearly every server sends: one choice with a text, and token counts. They are read here without being taken for
// a stream of events. Whatever departs from the plain form is left to the readers that know what servers do; the tests hold both to the same.

import type { Completion } from '../../chat/completion.ts'
import { isObject } from './fields.ts'
import { readUsage } from './usage-reader.ts'

/**
 * @param model what the upstream was asked for.
 * @returns undefined for anything beyond the plain form.
 */
export function readPlainCompletion(body: unknown, model: string): Completion | undefined {
	if (!isObject(body) || !Array.isArray(body.choices) || body.choices.length !== 1 || 'error' in body) return undefined
	const [choice] = body.choices
	if (!isObject(choice) || choice.index !== 0 || (choice.logprobs ?? null) !== null) return undefined
	const { message, finish_reason: reason } = choice
	if (!isObject(message) || typeof message.content !== 'string' || message.content === '') return undefined
	if (reason !== 'stop' && reason !== 'length') return undefined
	for (const name of telling) if ((message[name] ?? null) !== null) return undefined
	const usage = readUsage(body.usage)
	const { system_fingerprint: fingerprint, model: told } = body
	if (usage === undefined || body.object === 'error') return undefined
	return {
		...(typeof told === 'string' && told !== '' && told !== model ? { model: told } : {}),
		...(typeof fingerprint === 'string' && fingerprint !== '' ? { fingerprint } : {}),
		choices: [{ text: message.content, reasoning: '', refusal: '', toolCalls: [], finishReason: reason }],
		usage,
	}
}

/** Fields of a message that say more than its text. */
const telling = ['refusal', 'reasoning', 'reasoning_content', 'tool_calls', 'function_call'] as const
