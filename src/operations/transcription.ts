// Speech in, text out.

import type { JsonObject } from '../chat/json.ts'
import type { Usage } from '../chat/usage.ts'

export interface TranscriptionRequest {
	readonly model: string
	readonly file: SoundFile
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

export interface SoundFile {
	/** As the client calls it; its end tells the format where `type` does not. */
	readonly name: string
	/** A media type, as `audio/wav`. */
	readonly type: string
	readonly content: Blob
}

export const transcriptionFormats = ['json', 'text', 'verbose_json', 'diarized_json', 'srt', 'vtt'] as const
export type TranscriptionFormat = (typeof transcriptionFormats)[number]

export interface Transcription {
	/** What was said, or the whole file where the format is one of subtitles. */
	readonly text: string
	/** The upstream's answer in the words of its wire, where the format is one of JSON. */
	readonly details?: JsonObject
	readonly usage: Usage
}

export function isJsonFormat(format: TranscriptionFormat): boolean {
	return format.endsWith('json')
}
