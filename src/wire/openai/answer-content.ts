// The content of an answer's message as a list of parts, and how such parts are written. Servers differ: Mistral sends
// text and thinking in a list, others images, in the list or in a field of their own. It does not know how parts stream.

import { isObject, type JsonObject } from '../../chat/json.ts'
import type { AssistantPart, ImagePart, ProviderItem } from '../../chat/message.ts'
import type { Rest } from '../../chat/rest.ts'
import { asList, asText, field, textField } from '../json/fields.ts'
import { isImage, readImage, readImages, readThinking } from './content-parts-reader.ts'
import { openaiWire } from './formats.ts'
import { isOwn, readRest, withRest } from './nested-rest.ts'

/** A piece of the content. */
export type ContentPiece = TextPiece | ImagePart | ProviderItem

export interface TextPiece {
	readonly type: 'text' | 'reasoning' | 'refusal'
	readonly text: string
	readonly rest?: Rest | undefined
}

/** Reads the parts of a list. Elements other than objects are skipped. */
export function readContentList(list: readonly unknown[]): readonly ContentPiece[] {
	return list.filter(isObject).map(readPiece)
}

function readPiece(part: Readonly<Record<string, unknown>>): ContentPiece {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: textField(part, 'text') ?? '', rest: readRest(part, { type: true, text: true }) }
		case 'thinking':
			return readThinking(part)
		case 'refusal':
			return {
				type: 'refusal',
				text: textField(part, 'refusal') ?? '',
				rest: readRest(part, { type: true, refusal: true }),
			}
		default:
			return isImage(part) ? readImage(part) : { type: 'provider-item', wire: openaiWire, item: part as JsonObject }
	}
}

/** The images of a message's `images`; undefined for an empty list and any other value. */
export function readImageList(images: unknown): readonly ImagePart[] | undefined {
	return asList(images).length === 0 ? undefined : readImages(images)
}

export function writeAnswerImage({ url, detail, rest }: ImagePart): JsonObject {
	return withRest({ type: 'image_url', image_url: { url, detail } }, rest)
}

/** A text part of a list of content. */
export function writeTextPart(text: string, rest: Rest | undefined): JsonObject {
	return withRest({ type: 'text', text }, rest)
}

/** Which fields of a message have its reasoning and its images. Clients receive them under their upstream's names. */
export interface ContentNames {
	/** DeepSeek and older vLLM send `reasoning_content`, OpenRouter, Ollama and newer vLLM `reasoning`, some send both. */
	readonly reasoning: readonly ReasoningName[]
	/** OpenRouter has a field; others send images in the list of content. */
	readonly images: 'images' | 'content'
}

type ReasoningName = 'reasoning' | 'reasoning_content'

export const defaultNames: ContentNames = { reasoning: ['reasoning_content'], images: 'images' }

/** The names in a message or delta; those in `known` that it does not use. */
export function namesIn(message: Readonly<Record<string, unknown>>, known: ContentNames): ContentNames {
	const reasoning = reasoningNames.filter((name) => asText(message[name]) !== undefined)
	const hasImages = asList(message.content).some((part) => field(part, 'type') === 'image_url')
	if (reasoning.length === 0 && !hasImages) return known
	return {
		reasoning: reasoning.length === 0 ? known.reasoning : reasoning,
		images: hasImages ? 'content' : known.images,
	}
}

const reasoningNames: readonly ReasoningName[] = ['reasoning_content', 'reasoning']

/**
 * The content of a message with these parts: a text, unless it has parts that only a list expresses.
 *
 * @param text of all text parts.
 */
export function writeAnswerContent(parts: readonly AssistantPart[], text: string, names: ContentNames) {
	const needsList = parts.some((part) => {
		if (part.type === 'provider-item') return part.wire === openaiWire
		if (part.type === 'image') return names.images === 'content'
		return part.type === 'text' && isOwn(part.rest)
	})
	if (!needsList) return text
	return parts.flatMap((part) => {
		if (part.type === 'text') return [writeTextPart(part.text, part.rest)]
		if (part.type === 'image') return names.images === 'content' ? [writeAnswerImage(part)] : []
		return part.type === 'provider-item' && part.wire === openaiWire ? [part.item] : []
	})
}
