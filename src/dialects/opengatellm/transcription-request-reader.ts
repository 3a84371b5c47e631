// Reads the form of a transcription request: OpenAI's, which also accepts the English names of languages.

import { z } from 'zod'
import { ChatError } from '../../chat/error.ts'
import { type SoundFile, type TranscriptionRequest, transcriptionFormats } from '../../operations/transcription.ts'
import { schemaError } from '../../wire/openai/schema-error.ts'

/** The fields of the form that are texts. */
export const transcriptionFields = z.object({
	model: z.string().min(1),
	language: z.string().optional(),
	prompt: z.string().optional(),
	response_format: z.enum(transcriptionFormats).optional(),
	temperature: z.number().min(0).max(1).optional(),
})

export interface ReadTranscriptionRequest {
	readonly request: TranscriptionRequest
	/** Contains `stream` if it was requested: the response is never streamed. */
	readonly dropped: readonly string[]
}

/** @throws ChatError `invalid-request`. */
export function readTranscriptionRequest(form: unknown): ReadTranscriptionRequest {
	if (!(form instanceof FormData))
		throw new ChatError('invalid-request', 'The request body must be a form (multipart/form-data).')
	const texts = textsOf(form)
	const body = fieldsOf(texts)
	const parsed = transcriptionFields.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { model, language, prompt, response_format: format = 'json', temperature } = parsed.data
	const rest = [...texts].filter(([name]) => !Object.hasOwn(transcriptionFields.shape, name) && name !== 'stream')
	return {
		request: {
			model,
			file: soundOf(form.get('file')),
			language: language === undefined ? undefined : codeOf(language),
			prompt,
			format,
			temperature,
			passthrough: Object.fromEntries(rest),
		},
		dropped: /^(true|1)$/i.test(texts.get('stream')?.[0] ?? '') ? ['stream'] : [],
	}
}

function textsOf(form: FormData): ReadonlyMap<string, readonly string[]> {
	const texts = new Map<string, string[]>()
	form.forEach((value, name) => {
		if (typeof value !== 'string') return
		const earlier = texts.get(name)
		if (earlier === undefined) texts.set(name, [value])
		else earlier.push(value)
	})
	return texts
}

/** The known fields. Empty values count as absent. */
function fieldsOf(texts: ReadonlyMap<string, readonly string[]>): Readonly<Record<string, unknown>> {
	const values: Record<string, unknown> = {}
	for (const name of Object.keys(transcriptionFields.shape)) {
		const text = texts.get(name)?.find((one) => one !== '')
		if (text !== undefined) values[name] = name === 'temperature' ? numberOf(text) : text
	}
	return values
}

/** The value for validation errors: a number if the text is one. */
function numberOf(text: string): number | string {
	const number = Number(text)
	return Number.isNaN(number) ? text : number
}

function soundOf(file: unknown): SoundFile {
	if (!(file instanceof File))
		throw new ChatError('invalid-request', "Missing required parameter: 'file'.", {
			param: 'file',
			code: 'missing_required_parameter',
		})
	if (file.size === 0)
		throw new ChatError('invalid-request', "Invalid 'file': the file is empty.", { param: 'file', code: 'empty_file' })
	return { name: file.name, type: file.type, content: file }
}

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** The code of a language, which may be given by its English name. */
function codeOf(language: string): string {
	const name = language.trim().toLowerCase()
	if (/^[a-z]{2,3}$/.test(name)) return name
	const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })
	for (const first of letters)
		for (const second of letters) if (names.of(first + second)?.toLowerCase() === name) return first + second
	throw new ChatError(
		'invalid-request',
		`Invalid 'language': '${language.slice(0, 50)}' is neither a two-letter language code nor the English name of a language.`,
		{ param: 'language', code: 'invalid_value' },
	)
}
