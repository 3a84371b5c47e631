// Writes a given text as a transcript with one segment of one second, in every format. The audio is ignored.

import type { JsonObject } from '../../chat/json.ts'
import { isJsonFormat, type TranscriptionFormat } from '../../operations/transcription.ts'

export interface Transcript {
	readonly text: string
	readonly details?: JsonObject
}

export function transcriptOf(text: string, format: TranscriptionFormat): Transcript {
	if (isJsonFormat(format)) return { text, details: detailsOf(text, format) }
	switch (format) {
		case 'srt':
			return { text: `1\n00:00:00,000 --> 00:00:01,000\n${text}\n\n` }
		case 'vtt':
			return { text: `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${text}\n\n` }
		default:
			return { text: `${text}\n` }
	}
}

function detailsOf(text: string, format: TranscriptionFormat): JsonObject {
	const segment = { id: 0, start: 0, end: 1, text }
	switch (format) {
		case 'verbose_json':
			return { task: 'transcribe', language: 'english', duration: 1, text, segments: [segment] }
		case 'diarized_json':
			return { text, segments: [{ ...segment, type: 'transcript.text.segment', speaker: 'A' }] }
		default:
			return { text }
	}
}
