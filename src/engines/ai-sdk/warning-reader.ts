// Reads the request fields that a provider dropped, by their names in OpenAI's API.

import { field, textField } from '../../wire/json/fields.ts'

/**
 * Reads warnings in any version of the specification. Warnings about anything other than the call's settings are
 * ignored.
 */
export function readWarnings(warnings: unknown): readonly string[] {
	if (!Array.isArray(warnings)) return []
	return warnings.flatMap((warning: unknown) => {
		switch (field(warning, 'type')) {
			case 'unsupported':
				return named(textField(warning, 'feature'))
			case 'unsupported-setting':
				return named(textField(warning, 'setting'))
			case 'unsupported-tool':
				return ['tools']
			default:
				return []
		}
	})
}

function named(setting: string | undefined): readonly string[] {
	if (setting === undefined) return []
	const own = names[setting]
	if (own !== undefined) return [own]
	// Some are whole sentences, which are not suitable for a header.
	const word = /^[\w.-]{1,64}/.exec(setting)?.[0]
	return word === undefined ? [] : [word]
}

const names: Readonly<Record<string, string>> = {
	maxOutputTokens: 'max_tokens',
	topP: 'top_p',
	topK: 'top_k',
	presencePenalty: 'presence_penalty',
	frequencyPenalty: 'frequency_penalty',
	stopSequences: 'stop',
	responseFormat: 'response_format',
	toolChoice: 'tool_choice',
	reasoning: 'reasoning_effort',
}
