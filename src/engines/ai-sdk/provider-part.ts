// Reads the parts of an answer that arrive in one piece: files, and the calls and results of tools that the provider
// runs. Images and audio have a canonical form; the others are items in the form of a prompt, which go back to the
// provider and model that they came from.

import { isObject, type Json, type JsonObject } from '../../chat/json.ts'
import type { AudioPart, ImagePart, ProviderItem } from '../../chat/message.ts'
import { tryParseJson } from '../../chat/try-parse-json.ts'
import { field, textField } from '../../wire/json/fields.ts'
import { aiSdkWire, mergeMetadata, writeMetadata } from './signature.ts'

/** A part with the type `file` or `reasoning-file`. Undefined if it has no content. */
export function readFilePart(
	part: unknown,
	origin: string | undefined,
): ImagePart | AudioPart | ProviderItem | undefined {
	const type = textField(part, 'type') ?? 'file'
	const mediaType = textField(part, 'mediaType') ?? 'application/octet-stream'
	const data = readData(field(part, 'data'))
	const providerOptions = metadataOf(part)
	if (data === undefined) return undefined
	const [family, format = ''] = mediaType.split('/')
	const rest = writeMetadata(providerOptions, origin)
	if (type === 'file' && family === 'image') {
		const url = URL.canParse(data) ? data : `data:${mediaType};base64,${data}`
		return { type: 'image', url, rest }
	}
	if (type === 'file' && family === 'audio' && !URL.canParse(data)) return { type: 'audio', data, format, rest }
	return itemOf({ type, mediaType, data, providerOptions }, origin)
}

/** A call or a result of a tool that the provider runs. Undefined for a result that another one replaces. */
export function readProviderTool(part: unknown, origin: string | undefined): ProviderItem | undefined {
	if (field(part, 'preliminary') === true) return undefined
	const type = textField(part, 'type') ?? ''
	const shared = {
		type,
		toolCallId: textField(part, 'toolCallId'),
		toolName: textField(part, 'toolName'),
		providerOptions: metadataOf(part),
	}
	if (type === 'tool-call')
		return itemOf({ ...shared, input: readInput(field(part, 'input')), providerExecuted: true }, origin)
	const value = (field(part, 'result') ?? null) as Json
	return itemOf({ ...shared, output: { type: field(part, 'isError') === true ? 'error-json' : 'json', value } }, origin)
}

/** The part of a prompt that an item has. Undefined if it came from another provider or model than `origin`. */
export function readItem({ item }: ProviderItem, origin: string | undefined): JsonObject | undefined {
	return item.origin === origin && isObject(item.part) ? (item.part as JsonObject) : undefined
}

function itemOf(part: JsonObject, origin: string | undefined): ProviderItem {
	return { type: 'provider-item', wire: aiSdkWire, item: { type: part.type, origin, part } }
}

function metadataOf(part: unknown): JsonObject {
	return mergeMetadata({}, field(part, 'providerMetadata')) as JsonObject
}

/** Base64, or a URL. The newest version of the specification has tagged data. */
function readData(data: unknown): string | undefined {
	if (data instanceof Uint8Array) return Buffer.from(data).toString('base64')
	if (data instanceof URL) return data.href
	if (typeof data === 'string' && data !== '') return data
	return isObject(data) ? readData(data.data ?? data.url) : undefined
}

/** The input of a call as a JSON value. */
function readInput(input: unknown): Json {
	if (typeof input !== 'string') return (input ?? {}) as Json
	const value = tryParseJson(input)
	return value === undefined ? { input } : (value as Json)
}
