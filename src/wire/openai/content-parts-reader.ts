// Reads the content of a chat message into canonical parts, by the role of its message. A part of a type that only some
// servers know is carried unchanged.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type {
	AssistantPart,
	FilePart,
	ImagePart,
	ProviderItem,
	RefusalPart,
	TextPart,
	ToolPart,
	UserPart,
} from '../../chat/message.ts'
import { mapInSteps } from '../../system/resumable.ts'
import { asText, field, textField } from '../json/fields.ts'
import { readCacheMark, withMark } from './cache-marks.ts'
import type { MessageBody } from './chat-request-shape.ts'
import { openaiWire } from './formats.ts'
import { type KnownFields, readRest } from './nested-rest.ts'

type ContentOf<Role extends MessageBody['role']> = Extract<MessageBody, { readonly role: Role }>['content']
type PartOf<Role extends MessageBody['role']> = Exclude<ContentOf<Role>, string | null | undefined>[number]

export function readTexts(content: ContentOf<'system'>): readonly TextPart[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : mapInSteps(content, 'parts', readText)
}

export function readUserContent(content: ContentOf<'user'>): readonly UserPart[] {
	return typeof content === 'string' ? [{ type: 'text', text: content }] : mapInSteps(content, 'parts', readUserPart)
}

function readUserPart(part: PartOf<'user'>): UserPart {
	switch (part.type) {
		case 'text':
			return readText(part)
		case 'image_url':
			return readImage(part)
		case 'input_audio': {
			const { data, format } = part.input_audio
			return { type: 'audio', data, format, rest: readRest(part, knownAudioFields) }
		}
		case 'file':
			return readFile(part)
		case 'unknown':
			return providerItem(part.given)
	}
}

export function readToolContent(content: ContentOf<'tool'>): readonly ToolPart[] {
	return typeof content === 'string'
		? [{ type: 'text', text: content }]
		: mapInSteps(content ?? [], 'parts', readToolPart)
}

function readToolPart(part: PartOf<'tool'>): ToolPart {
	switch (part.type) {
		case 'text':
			return readText(part)
		case 'image_url':
			return readImage(part)
		case 'file':
			return readFile(part)
		case 'unknown':
			return providerItem(part.given)
	}
}

/** @param hasReasoning the message has its reasoning in a field, which repeats any in the content. */
export function readAssistantContent(content: ContentOf<'assistant'>, hasReasoning: boolean): readonly AssistantPart[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }]
	return mapInSteps(content ?? [], 'parts', (part) => readAssistantPart(part, hasReasoning)).flat()
}

function readAssistantPart(part: PartOf<'assistant'>, hasReasoning: boolean): readonly AssistantPart[] {
	switch (part.type) {
		case 'text':
			return [readText(part)]
		case 'refusal':
			return [readRefusal(part)]
		case 'thinking':
			return hasReasoning ? [] : [readThinking(part)]
		case 'unknown':
			return [providerItem(part.given)]
	}
}

/**
 * The images of an assistant message, which servers that generate some have in a field of their own; undefined if the
 * field has another form.
 */
export function readImages(images: unknown): readonly ImagePart[] | undefined {
	if (!Array.isArray(images) || !images.every(isImage)) return undefined
	return images.map(readImage)
}

export interface ImagePartBody {
	readonly type: 'image_url'
	readonly image_url: string | { readonly url: string; readonly detail?: string | null | undefined }
}

/** Whether a content part is an image. */
export function isImage(value: unknown): value is ImagePartBody {
	if (!isObject(value) || value.type !== 'image_url') return false
	if (typeof value.image_url === 'string') return true
	if (!isObject(value.image_url)) return false
	const { url, detail } = value.image_url
	return typeof url === 'string' && (detail == null || typeof detail === 'string')
}

const knownTextFields = { type: true, text: true } as const satisfies KnownFields

function readText(part: { readonly text: string }): TextPart {
	return { type: 'text', text: part.text, ...readOwn(part, knownTextFields) }
}

function readRefusal(part: { readonly refusal: string }): RefusalPart {
	return { type: 'refusal', text: part.refusal, rest: readRest(part, { type: true, refusal: true }) }
}

const knownImageFields = { type: true, image_url: { url: true, detail: true } } as const satisfies KnownFields

export function readImage(part: ImagePartBody): ImagePart {
	const own = readOwn(part, knownImageFields)
	if (typeof part.image_url === 'string') return { type: 'image', url: part.image_url, ...own }
	const { url, detail } = part.image_url
	return { type: 'image', url, detail: detail ?? undefined, ...own }
}

const knownAudioFields = { type: true, input_audio: { data: true, format: true } } as const satisfies KnownFields

const knownFileFields = {
	type: true,
	file: { file_id: true, filename: true, file_data: true },
} as const satisfies KnownFields

function readFile(part: Extract<PartOf<'user'>, { readonly type: 'file' }>): FilePart {
	const { file_id: id, filename: name, file_data: data } = part.file
	return {
		type: 'file',
		id: id ?? undefined,
		name: name ?? undefined,
		data: data ?? undefined,
		...readOwn(part, knownFileFields),
	}
}

/**
 * Mistral's form of reasoning: `{type: "thinking", thinking: [{type: "text", text}]}`. A list that contains more than text
 * is also part of the rest.
 */
export function readThinking(part: { readonly thinking?: unknown }) {
	const { thinking } = part
	const type = 'reasoning' as const
	if (!Array.isArray(thinking)) return { type, text: asText(thinking) ?? '', rest: readRest(part, knownThinking) }
	const text = thinking.map((piece) => textField(piece, 'text') ?? '').join('')
	const isText = thinking.every((piece) => field(piece, 'type') === 'text' && Object.keys(piece).length === 2)
	return { type, text, rest: readRest(part, isText ? knownThinking : { type: true }) }
}

const knownThinking = { type: true, thinking: true } as const satisfies KnownFields

function readOwn(part: object, known: KnownFields): Pick<TextPart, 'cacheMark' | 'rest'> {
	const cacheMark = readCacheMark(part)
	return { cacheMark, rest: readRest(part, withMark(known, cacheMark)) }
}

function providerItem(given: object): ProviderItem {
	return { type: 'provider-item', wire: openaiWire, item: given as JsonObject }
}
