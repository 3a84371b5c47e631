import { describe, expect, test } from 'bun:test'
import { ChatError } from '../../chat/error.ts'
import { readTranscriptionRequest } from './transcription-request-reader.ts'

const sound = new File([new Uint8Array([1, 2, 3])], 'a.wav', { type: 'audio/wav' })

function form(fields: Readonly<Record<string, string | readonly string[] | File>>): FormData {
	const made = new FormData()
	for (const [name, value] of Object.entries({ file: sound, model: 'm', ...fields })) {
		if (value instanceof File) made.set(name, value)
		else for (const text of typeof value === 'string' ? [value] : value) made.append(name, text)
	}
	return made
}

test('absent fields have defaults', () => {
	const { request, dropped } = readTranscriptionRequest(form({ prompt: '', language: '', temperature: '' }))
	expect(request).toMatchObject({
		model: 'm',
		format: 'json',
		file: { name: 'a.wav', type: 'audio/wav' },
		passthrough: {},
	})
	expect([request.language, request.prompt, request.temperature]).toEqual([undefined, undefined, undefined])
	expect(dropped).toEqual([])
})

test('every field', () => {
	const { request, dropped } = readTranscriptionRequest(
		form({
			...{ language: 'fr', prompt: 'p', response_format: 'srt', temperature: '0.5', stream: 'true' },
			'timestamp_granularities[]': ['word', 'segment'],
		}),
	)
	expect(request).toMatchObject({ language: 'fr', prompt: 'p', format: 'srt', temperature: 0.5 })
	expect(request.passthrough).toEqual({ 'timestamp_granularities[]': ['word', 'segment'] })
	expect(dropped).toEqual(['stream'])
})

test('names of Object.prototype are ordinary names', () => {
	const odd = form({})
	for (const name of ['__proto__', 'constructor']) odd.append(name, 'x')
	expect(Object.entries(readTranscriptionRequest(odd).request.passthrough)).toEqual([
		['__proto__', ['x']],
		['constructor', ['x']],
	])
})

test('a language may be given by its English name', () => {
	for (const [message, code] of [
		['French', 'fr'],
		['ENGLISH', 'en'],
		['De', 'de'],
		['haw', 'haw'],
	])
		expect(readTranscriptionRequest(form({ language: message ?? '' })).request.language).toBe(code ?? '')
})

describe('is rejected', () => {
	const refusals: Readonly<Record<string, readonly [form: unknown, param: string | undefined]>> = {
		'a body that is not a form': [{ model: 'm' }, undefined],
		'no file': [form({ file: 'text' }), 'file'],
		'an empty file': [form({ file: new File([], 'a.wav') }), 'file'],
		'no model': [form({ model: '' }), undefined],
		'an unknown format': [form({ response_format: 'xml' }), 'response_format'],
		'an invalid temperature': [form({ temperature: 'hot' }), 'temperature'],
		'a temperature above 1': [form({ temperature: '1.5' }), 'temperature'],
		'an unknown language': [form({ language: 'Klingonish' }), 'language'],
	}
	for (const [name, [body, param]] of Object.entries(refusals))
		test(name, () => {
			let thrown: unknown
			try {
				readTranscriptionRequest(body)
			} catch (error) {
				thrown = error
			}
			expect(thrown).toBeInstanceOf(ChatError)
			expect(thrown).toMatchObject({ kind: 'invalid-request' })
			expect(thrown instanceof ChatError ? thrown.param : '').toBe(param)
		})
})
