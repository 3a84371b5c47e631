// Transcription: converts speech to text.

import type { JsonObject } from '../chat/json.ts'
import type { Usage } from '../chat/usage.ts'

export interface TranscriptionRequest {
	readonly model: string
	readonly file: SoundFile
	/** ISO 639-1; detected if absent. */
	readonly language?: string
	/** Words that may occur in the speech, as a hint for their spelling. */
	readonly prompt?: string
	readonly format: TranscriptionFormat
	/** 0 to 1. */
	readonly temperature?: number
	/** Other fields of the form, under the client's names. */
	readonly passthrough: Readonly<Record<string, readonly string[]>>
}

export interface SoundFile {
	/** The client's file name; its extension determines the format if `type` does not. */
	readonly name: string
	/** A media type, such as `audio/wav`. */
	readonly type: string
	readonly content: Blob
}

export const transcriptionFormats = ['json', 'text', 'verbose_json', 'diarized_json', 'srt', 'vtt'] as const
export type TranscriptionFormat = (typeof transcriptionFormats)[number]

export interface Transcription {
	/** The transcript, or the complete file if the format is a subtitle format. */
	readonly text: string
	/** The upstream's response in its wire's format, if the format is a JSON format. */
	readonly details?: JsonObject
	readonly usage: Usage
}

export function isJsonFormat(format: TranscriptionFormat): boolean {
	return format.endsWith('json')
}
