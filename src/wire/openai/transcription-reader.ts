// Reads a transcription from servers that speak OpenAI's API: JSON, or the bare text of the other formats.

import { ChatError } from '../../chat/error.ts'
import { isObject, type JsonObject } from '../../chat/json.ts'
import { countedUsage, type Usage } from '../../chat/usage.ts'
import { isJsonFormat, type Transcription, type TranscriptionFormat } from '../../operations/transcription.ts'
import { countField, field } from '../json/fields.ts'
import { readUsage } from './usage-reader.ts'

export interface TranscriptionReading {
	readonly format: TranscriptionFormat
	/** The upstream's name for callers, at the start of a sentence. */
	readonly title: string
}

/**
 * @param body the response text, and its value if that is JSON.
 * @throws ChatError `upstream-failed` for JSON without a text.
 */
export function readTranscription(
	{ text, value }: { readonly text: string; readonly value: unknown },
	{ format, title }: TranscriptionReading,
): Transcription {
	if (!isJsonFormat(format)) return { text, usage: unreported }
	const transcript = field(value, 'text')
	if (!isObject(value) || typeof transcript !== 'string')
		throw new ChatError('upstream-failed', `${title} returned no transcription.`, { sent: 'yes' })
	const { usage, ...details } = value
	return { text: transcript, details: details as JsonObject, usage: readTranscriptionUsage(usage) }
}

const unreported = countedUsage(0)

/** OpenAI's models report tokens, or seconds, which have no cost; other servers report tokens as for chats. */
function readTranscriptionUsage(usage: unknown): Usage {
	const promptTokens = countField(usage, 'input_tokens')
	if (promptTokens === undefined) return readUsage(usage) ?? unreported
	return { ...unreported, promptTokens, completionTokens: countField(usage, 'output_tokens') ?? 0, source: 'upstream' }
}
