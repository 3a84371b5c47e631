// Writes a canonical transcription request as the form of POST /audio/transcriptions.

import type { TranscriptionRequest } from '../../operations/transcription.ts'

/** @param model the upstream's name of the model. */
export async function writeTranscriptionRequest(
	request: TranscriptionRequest,
	model: string,
): Promise<{ readonly bytes: Uint8Array; readonly contentType: string }> {
	const { file, language, prompt, format, temperature, passthrough } = request
	const form = new FormData()
	form.set('file', new File([file.content], file.name, { type: file.type }))
	form.set('model', model)
	form.set('response_format', format)
	if (language !== undefined) form.set('language', language)
	if (prompt !== undefined) form.set('prompt', prompt)
	if (temperature !== undefined) form.set('temperature', String(temperature))
	for (const [name, values] of Object.entries(passthrough)) for (const value of values) form.append(name, value)
	const encoded = new Response(form)
	// Bun exposes the boundary only before the body is read.
	const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data'
	return { bytes: await encoded.bytes(), contentType }
}
