// Reads the content of items: parts of a known type with their unknown fields, and parts of an unknown type as provider
// items.

import type { z } from 'zod'
import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type {
	AssistantPart,
	AudioPart,
	FilePart,
	ImagePart,
	ProviderItem,
	TextPart,
	ToolPart,
	UserPart,
} from '../../../chat/message.ts'
import { mapInSteps } from '../../../system/resumable.ts'
import { type FieldPath, writePath } from '../../json/schema-issue.ts'
import { responsesWire } from '../formats.ts'
import { schemaErrorAt } from '../schema-error.ts'
import type { ClientCallType } from './client-tools.ts'
import { unknownPartFields } from './item-rest.ts'
import {
	anyPart,
	type ItemContent,
	inputAudio,
	inputFile,
	inputImage,
	inputText,
	outputText,
	refusal,
} from './item-schema.ts'

/** A value within a body that is being read. */
export interface Location {
	readonly body: unknown
	readonly path: FieldPath
	/** Receives the error for a type that OpenAI's API does not know. */
	readonly violate: (error: ChatError) => void
	/** The name by which the model knows the tool that the client runs. */
	readonly nameOfClientCall: (type: ClientCallType) => string
}

/** @throws ChatError `invalid-request` if `value` does not match the schema. */
export function parseAt<Schema extends z.ZodType>(schema: Schema, value: unknown, at: Location): z.infer<Schema> {
	const parsed = schema.safeParse(value)
	if (!parsed.success) throw schemaErrorAt(at.path, parsed.error, at.body)
	return parsed.data
}

/** Instructions, which are texts. */
export function readTexts(content: ItemContent, at: Location): readonly TextPart[] {
	return readParts(content, at, (_type, part, partAt) => textPart(parseAt(inputText, part, partAt), part))
}

export function readUserContent(content: ItemContent, at: Location): readonly UserPart[] {
	return readParts(content, at, (type, part, partAt): UserPart => {
		switch (type) {
			case 'input_text':
			case 'text':
				return textPart(parseAt(inputText, part, partAt), part)
			case 'input_image':
				return imagePart(part, partAt)
			case 'input_audio':
				return audioPart(part, partAt)
			case 'input_file':
				return filePart(part, partAt)
			default:
				return providerItem(type, part, partAt)
		}
	})
}

export function readOutput(content: ItemContent, at: Location): readonly ToolPart[] {
	return readParts(content, at, (type, part, partAt): ToolPart => {
		switch (type) {
			case 'output_text':
			case 'input_text':
			case 'text':
				return textPart(parseAt(outputText, part, partAt), part)
			case 'input_image':
				return imagePart(part, partAt)
			case 'input_file':
				return filePart(part, partAt)
			default:
				return providerItem(type, part, partAt)
		}
	})
}

/** A part of an unknown type becomes a message item of its own, since a provider item of an answer is a whole item. */
export function readAnswerContent(content: ItemContent, at: Location): readonly AssistantPart[] {
	return readParts(content, at, (type, part, partAt): AssistantPart => {
		switch (type) {
			case 'output_text':
			case 'input_text':
			case 'text':
				return textPart(parseAt(outputText, part, partAt), part)
			case 'refusal': {
				const fields = parseAt(refusal, part, partAt)
				return { type: 'refusal', text: fields.refusal, rest: unknownPartFields(part, refusal.shape) }
			}
			default: {
				const { item } = providerItem(type, part, partAt)
				return {
					type: 'provider-item',
					wire: responsesWire,
					item: { type: 'message', role: 'assistant', content: [item], status: 'completed' },
				}
			}
		}
	})
}

function readParts<Part>(
	content: ItemContent,
	at: Location,
	read: (type: string, part: unknown, at: Location) => Part | TextPart,
): readonly (Part | TextPart)[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return mapInSteps(content, 'parts', (part, index) => {
		const partAt = { ...at, path: [...at.path, index] }
		return read(parseAt(anyPart, part, partAt).type, part, partAt)
	})
}

function textPart({ text }: z.infer<typeof outputText>, part: unknown): TextPart {
	return { type: 'text', text, rest: unknownPartFields(part, outputText.shape) }
}

function imagePart(part: unknown, at: Location): ImagePart {
	const { image_url: url, detail } = parseAt(inputImage, part, at)
	if (url == null)
		throw unsupported(
			writePath([...at.path, 'image_url']),
			'Images must be passed by URL or inline: this server stores no files.',
		)
	const rest = unknownPartFields(part, inputImage.shape)
	// The default for an image without a detail level.
	if (detail == null || detail === 'auto') return { type: 'image', url, rest }
	return { type: 'image', url, detail: detail === 'original' ? 'high' : detail, rest }
}

function audioPart(part: unknown, at: Location): AudioPart {
	const { input_audio: audio, audio_url: url } = parseAt(inputAudio, part, at)
	const rest = unknownPartFields(part, inputAudio.shape)
	if (audio != null) return { type: 'audio', data: audio.data, format: audio.format, rest }
	const [, subtype, data] = /^data:audio\/([a-z0-9.+-]+);base64,(.*)$/is.exec(url ?? '') ?? []
	if (subtype === undefined || data === undefined)
		throw unsupported(
			writePath([...at.path, url == null ? 'input_audio' : 'audio_url']),
			'Audio must be passed inline: this server fetches no files.',
		)
	return { type: 'audio', data, format: audioFormats[subtype.toLowerCase()] ?? subtype.toLowerCase(), rest }
}

/** Formats by media types of other names. */
const audioFormats: Readonly<Record<string, string>> = { mpeg: 'mp3', 'x-wav': 'wav', wave: 'wav', 'vnd.wave': 'wav' }

function filePart(part: unknown, at: Location): FilePart {
	const { file_id: id, filename: name, file_data: data, file_url: url } = parseAt(inputFile, part, at)
	return {
		type: 'file',
		id: id ?? undefined,
		name: name ?? undefined,
		data: data ?? undefined,
		url: url ?? undefined,
		rest: unknownPartFields(part, inputFile.shape),
	}
}

function providerItem(type: string, part: unknown, at: Location): ProviderItem {
	at.violate(unknownType(type, at.path, 'content'))
	// The body is parsed JSON.
	return { type: 'provider-item', wire: responsesWire, item: part as JsonObject }
}

/** The error for the object at `path`, whose type OpenAI's API does not know. */
export function unknownType(type: unknown, path: FieldPath, what: 'content' | 'item'): ChatError {
	const shown = typeof type === 'string' ? type.slice(0, 100) : typeof type
	return new ChatError('invalid-request', `Invalid value: '${shown}'. This ${what} type is not supported.`, {
		param: writePath([...path, 'type']),
		code: 'invalid_value',
	})
}

function unsupported(param: string, message: string): ChatError {
	return new ChatError('unsupported', message, { param, code: 'unsupported_value' })
}
