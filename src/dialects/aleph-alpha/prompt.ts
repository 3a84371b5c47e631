// Prompts of all operations except chat: a text, or a list of texts, token ids and images.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { arrayOf } from '../../wire/json/bounded-array.ts'

const item = z.discriminatedUnion('type', [
	z.looseObject({ type: z.literal('text'), data: z.string() }),
	z.looseObject({ type: z.literal('token_ids'), data: arrayOf(z.int().min(0)) }),
	z.looseObject({ type: z.literal('image'), data: z.string() }),
])

export const promptSchema = z.union([z.string(), arrayOf(item)])

/**
 * What items of a prompt have beyond text and token ids, such as attention control, by its path: no upstream's wire
 * format can express it.
 *
 * @param path of the prompt in its request.
 */
export function unsupportedPromptParts(prompt: z.infer<typeof promptSchema>, path: string): readonly string[] {
	if (typeof prompt === 'string') return []
	return prompt.flatMap((part, index) =>
		Object.entries(part)
			.filter(([name, value]) => name !== 'type' && name !== 'data' && hasEffect(value))
			.map(([name]) => `${path}[${index}].${name}`),
	)
}

function hasEffect(value: unknown): boolean {
	return value != null && value !== false && !(Array.isArray(value) && value.length === 0)
}

/** @throws ChatError `unsupported` for images, and for token ids combined with other items. */
export function readPrompt(prompt: z.infer<typeof promptSchema>): string | readonly number[] {
	if (typeof prompt === 'string') return prompt
	const [first, second] = prompt
	if (first?.type === 'token_ids' && second === undefined) return first.data
	return prompt.map(readText).join('')
}

function readText(part: z.infer<typeof item>): string {
	if (part.type === 'text') return part.data
	const message =
		part.type === 'image'
			? 'Images in prompts are not supported. Send them to /chat/completions.'
			: 'Token ids cannot be combined with other items of a prompt.'
	throw new ChatError('unsupported', message, { param: 'prompt' })
}
