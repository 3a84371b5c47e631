import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import type { TranscriptionRequest, transcriptionFormats } from '../../operations/transcription.ts'
import { readTranscription } from './transcription-reader.ts'
import { writeTranscriptionRequest } from './transcription-request-writer.ts'

const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)

test('a request is a form with the unchanged file', async () => {
	const request: TranscriptionRequest = {
		model: 'public',
		file: { name: 'a "b"\r\n.wav', type: 'audio/wav', content: new Blob([bytes]) },
		language: 'fr',
		prompt: 'Étalab',
		format: 'verbose_json',
		temperature: 0,
		passthrough: { 'timestamp_granularities[]': ['word', 'segment'] },
	}
	const { bytes: body, contentType } = await writeTranscriptionRequest(request, 'whisper')
	const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
	const file = form.get('file')
	if (!(file instanceof File)) throw new Error('there is no file')
	expect(await file.bytes()).toEqual(bytes)
	expect(file.type).toContain('wav')
	const texts = ['model', 'response_format', 'language', 'prompt', 'temperature'].map((name) => form.get(name))
	expect(texts).toEqual(['whisper', 'verbose_json', 'fr', 'Étalab', '0'])
	expect(form.getAll('timestamp_granularities[]')).toEqual(['word', 'segment'])
})

describe('an answer', () => {
	const read = (text: string, format: (typeof transcriptionFormats)[number]) => {
		let value: unknown = text
		try {
			value = JSON.parse(text)
		} catch {}
		return readTranscription({ text, value }, { format, title: 'The upstream' })
	}
	const none = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 }

	test('in JSON has its text, its details and its tokens', () => {
		const usage = { type: 'tokens', input_tokens: 14, output_tokens: 45, total_tokens: 59 }
		expect(read(JSON.stringify({ text: 'Bonjour', segments: [{ id: 0 }], usage }), 'verbose_json')).toEqual({
			text: 'Bonjour',
			details: { text: 'Bonjour', segments: [{ id: 0 }] },
			usage: { ...none, promptTokens: 14, completionTokens: 45, source: 'upstream' },
		})
		expect(read('{"text":"","usage":{"type":"duration","seconds":3}}', 'json').usage).toEqual({
			...none,
			source: 'counted',
		})
	})
	test('in text is the text, even if that is JSON', () => {
		expect(read('42\n', 'text')).toEqual({ text: '42\n', usage: { ...none, source: 'counted' } })
		expect(read('1\n00:00:00,000 --> 00:00:01,000\nHi\n', 'srt').text).toStartWith('1\n')
	})
	test('without a text is an error', () => {
		for (const text of ['{}', '[]', 'Hi', '{"text":5}']) expect(() => read(text, 'json')).toThrow(ChatError)
	})
})
