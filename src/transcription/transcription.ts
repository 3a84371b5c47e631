// Speech in, text out.

import type { JsonObject } from '../chat/json.ts'
import type { Usage } from '../chat/usage.ts'

export interface TranscriptionRequest {
	readonly model: string
	readonly file: { readonly name: string; readonly type: string; readonly bytes: Uint8Array }
	/** ISO 639-1; found out where absent. */
	readonly language?: string
	/** Words that the speech may contain, to be spelt alike. */
	readonly prompt?: string
	readonly format: TranscriptionFormat
	/** 0 to 1. */
	readonly temperature?: number
	/** Further fields of the form, under the names the client used. */
	readonly passthrough: Readonly<Record<string, readonly string[]>>
}

export const transcriptionFormats = ['json', 'text', 'verbose_json', 'diarized_json', 'srt', 'vtt'] as const
export type TranscriptionFormat = (typeof transcriptionFormats)[number]

export interface Transcription {
	readonly text: string
	/** The upstream's answer in the words of its wire, where the format is one of JSON. */
	readonly details?: JsonObject
	readonly usage: Usage
}
