// Reads the content of items: parts of a known type with their unknown fields, and parts of an unknown type as provider
// items.

import type { z } from 'zod'
import { ChatError } from '../../../chat/error.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { AssistantPart, ProviderItem, TextPart, ToolPart, UserPart } from '../../../chat/message.ts'
import { type FieldPath, writePath } from '../../json/schema-issue.ts'
import { responsesWire } from '../formats.ts'
import { schemaErrorAt } from '../schema-error.ts'
import { unknownFields } from './item-rest.ts'
import { inputAudio, inputFile, inputImage, inputText, outputText, type PartBody, refusal } from './item-schema.ts'

/** A value within a body that is being read. */
export interface Location {
	readonly body: unknown
	readonly path: FieldPath
	/** Receives the error for a type that OpenAI's API does not know. */
	readonly violate: (error: ChatError) => void
}

type Content = string | readonly PartBody[]

/** @throws ChatError `invalid-request` if `value` does not match the schema. */
export function parseAt<Schema extends z.ZodType>(schema: Schema, value: unknown, at: Location): z.infer<Schema> {
	const parsed = schema.safeParse(value)
	if (!parsed.success) throw schemaErrorAt(at.path, parsed.error, at.body)
	return parsed.data
}

export function readTexts(content: string | readonly z.infer<typeof inputText>[]): readonly TextPart[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return content.map(textPart)
}

export function readUserContent(content: Content, at: Location): readonly UserPart[] {
	return readParts(content, at, (part, partAt): UserPart => {
		switch (part.type) {
			case 'input_text':
			case 'text':
				return textPart(parseAt(inputText, part, partAt))
			case 'input_image':
				return imagePart(parseAt(inputImage, part, partAt), partAt)
			case 'input_audio': {
				const { input_audio: audio, ...fields } = parseAt(inputAudio, part, partAt)
				const rest = unknownFields(fields, inputAudio.shape)
				return { type: 'audio', data: audio.data, format: audio.format, rest }
			}
			case 'input_file':
				return filePart(parseAt(inputFile, part, partAt), partAt)
			default:
				return providerItem(part, partAt)
		}
	})
}

export function readOutput(content: Content, at: Location): readonly ToolPart[] {
	return readParts(content, at, (part, partAt): ToolPart => {
		switch (part.type) {
			case 'output_text':
			case 'input_text':
			case 'text':
				return textPart(parseAt(outputText, part, partAt))
			case 'input_image':
			case 'input_file':
				throw unsupported(writePath(partAt.path), 'The output of a tool call must be text.')
			default:
				return providerItem(part, partAt)
		}
	})
}

/** A part of an unknown type becomes a message item of its own, since a provider item of an answer is a whole item. */
export function readAnswerContent(content: Content, at: Location): readonly AssistantPart[] {
	return readParts(content, at, (part, partAt): AssistantPart => {
		switch (part.type) {
			case 'output_text':
			case 'input_text':
			case 'text':
				return textPart(parseAt(outputText, part, partAt))
			case 'refusal': {
				const fields = parseAt(refusal, part, partAt)
				return { type: 'refusal', text: fields.refusal, rest: unknownFields(fields, refusal.shape) }
			}
			default: {
				const { item } = providerItem(part, partAt)
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
	content: Content,
	at: Location,
	read: (part: PartBody, at: Location) => Part | TextPart,
): readonly (Part | TextPart)[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return content.map((part, index) => read(part, { ...at, path: [...at.path, index] }))
}

function textPart(fields: z.infer<typeof outputText>): TextPart {
	return { type: 'text', text: fields.text, rest: unknownFields(fields, outputText.shape) }
}

function imagePart(fields: z.infer<typeof inputImage>, at: Location): UserPart {
	const { image_url: url, detail } = fields
	if (url == null)
		throw unsupported(
			writePath([...at.path, 'image_url']),
			'Images must be passed by URL or inline: this server stores no files.',
		)
	const rest = unknownFields(fields, inputImage.shape)
	// The default for an image without a detail level.
	if (detail == null || detail === 'auto') return { type: 'image', url, rest }
	return { type: 'image', url, detail: detail === 'original' ? 'high' : detail, rest }
}

function filePart(fields: z.infer<typeof inputFile>, at: Location): UserPart {
	const { file_id: id, filename: name, file_data: data, file_url: url } = fields
	if (url != null)
		throw unsupported(
			writePath([...at.path, 'file_url']),
			'Files must be passed inline: this server does not fetch files.',
		)
	return {
		type: 'file',
		id: id ?? undefined,
		name: name ?? undefined,
		data: data ?? undefined,
		rest: unknownFields(fields, inputFile.shape),
	}
}

function providerItem(part: PartBody, at: Location): ProviderItem {
	at.violate(unknownType(part.type, at.path, 'content'))
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
