// POST /audio/transcriptions

import { isJsonFormat, type TranscriptionFormat } from '../../operations/transcription.ts'
import type { Route } from '../dialect.ts'
import { TextBody } from '../writer.ts'
import { writePricedUsage } from './priced-usage.ts'
import { readTranscriptionRequest, transcriptionFields } from './transcription-request-reader.ts'

/** Content types of responses that are not JSON. */
const contentTypes: Readonly<Partial<Record<TranscriptionFormat, string>>> = {
	text: 'text/plain; charset=utf-8',
	srt: 'application/x-subrip; charset=utf-8',
	vtt: 'text/vtt; charset=utf-8',
}

export const audioTranscriptions: Route = {
	method: 'POST',
	path: '/audio/transcriptions',
	body: 'form',
	bodySchema: transcriptionFields,
	read({ body }) {
		const { request, dropped } = readTranscriptionRequest(body)
		const { format } = request
		return {
			type: 'transcribe',
			request,
			dropped,
			write({ text, details, usage }, { token, model, price }) {
				if (!isJsonFormat(format)) return new TextBody(text, contentTypes[format] ?? 'text/plain; charset=utf-8')
				const id = `transcription-${token}`
				return { ...details, id, text, model, usage: writePricedUsage({ usage, price, id, model }) }
			},
		}
	},
}
