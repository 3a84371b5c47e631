// Fast path for the most common unary answers: one choice with text, and token counts. They are read without conversion
// to a stream of events. Any other form is left to the full readers, which tolerate deviations. Tests hold both paths
// to the same result.

import type { Completion } from '../../chat/completion.ts'
import { endsInCharacter } from '../../chat/half-character.ts'
import { isObject } from '../../chat/json.ts'
import { asText } from '../json/fields.ts'
import { isEmpty } from './answer-fields.ts'
import { readUsage } from './usage-reader.ts'

/**
 * @param model the model requested from the upstream.
 * @returns undefined for anything beyond the plain form.
 */
export function readPlainCompletion(body: unknown, model: string): Completion | undefined {
	if (!isObject(body) || !Array.isArray(body.choices) || body.choices.length !== 1 || 'error' in body) return undefined
	const [choice] = body.choices
	if (!isObject(choice) || choice.index !== 0 || (choice.logprobs ?? null) !== null) return undefined
	if (typeof choice.stop_reason === 'string' || typeof choice.matched_stop === 'string') return undefined
	const { message, finish_reason: reason } = choice
	if (!isObject(message) || typeof message.content !== 'string' || message.content === '') return undefined
	if (endsInCharacter(message.content)) return undefined
	if (reason !== 'stop' && reason !== 'length') return undefined
	for (const name in message) if (name !== 'role' && name !== 'content' && !isEmpty(message[name])) return undefined
	const usage = readUsage(body.usage)
	const reportedModel = asText(body.model)
	if (usage === undefined || body.object === 'error') return undefined
	return {
		model: reportedModel === model ? undefined : reportedModel,
		fingerprint: asText(body.system_fingerprint),
		choices: [{ parts: [{ type: 'text', text: message.content }], finishReason: reason }],
		usage,
	}
}
