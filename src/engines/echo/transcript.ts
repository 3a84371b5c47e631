// What somebody is said to have said, in every format: one sentence that lasts a second. Nothing is listened to.

import type { JsonObject } from '../../chat/json.ts'
import { isJsonFormat, type TranscriptionFormat } from '../../operations/transcription.ts'

export interface Transcript {
	readonly text: string
	readonly details?: JsonObject
}

export function transcriptOf(said: string, format: TranscriptionFormat): Transcript {
	if (isJsonFormat(format)) return { text: said, details: detailsOf(said, format) }
	switch (format) {
		case 'srt':
			return { text: `1\n00:00:00,000 --> 00:00:01,000\n${said}\n\n` }
		case 'vtt':
			return { text: `WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n${said}\n\n` }
		default:
			return { text: `${said}\n` }
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
