// Every URL in a request that its upstream may fetch: of images and files, and in the fields that only one wire has, such
// as the address of a tool server. The one list of them, so that a policy on URLs covers every dialect. It does not know
// the policy.

import { retained, visitInSteps } from '../system/resumable.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { exactMembers } from './json-text.ts'
import type { FilePart, ImagePart, Message, Part, ProviderItem } from './message.ts'
import type { ChatRequest } from './request.ts'
import type { Rest } from './rest.ts'
import type { Tool } from './tool.ts'

/**
 * Returns the URL to send instead. Throws to refuse the request.
 *
 * @param path of the field, such as `messages[2].content[0].url`.
 * @param isUrl whether the field can only be a URL; otherwise its name suggests one.
 */
export type ChangeUrl = (url: string, path: string, isUrl: boolean) => string

/** The request with each URL changed; the same object if none changes. */
export function mapUrls(request: ChatRequest, change: ChangeUrl): ChatRequest {
	const messages = mapChanged(request.messages, (message, at) => mapMessage(message, `messages[${at}]`, change))
	const tools = mapChanged(request.tools, (tool, at) => mapRest<Tool>(tool, `tools[${at}]`, change))
	const passthrough = mapFields(request.passthrough, '', change)
	const isSame = messages === request.messages && tools === request.tools && passthrough === request.passthrough
	return isSame ? request : { ...request, messages, tools, passthrough }
}

/** The fields of a wire's object, with each URL changed; the same object if none changes. */
export function mapFields(fields: JsonObject, path: string, change: ChangeUrl): JsonObject {
	let changed: Record<string, Json | undefined> | undefined
	for (const [name, value] of Object.entries(fields)) {
		if (value === undefined || withoutUrls.has(name)) continue
		const mapped = mapValue(value, nameOfUrl.test(name), path === '' ? name : `${path}.${name}`, change)
		if (mapped === value) continue
		changed ??= { ...exactMembers(fields) }
		changed[name] = mapped
	}
	return changed ?? fields
}

/** For example `url`, `image_url`, `fileUri` or `urls`. */
const nameOfUrl = /^(?:url|uri|href|src)s?$|_(?:url|uri|href|src)s?$|(?:Url|Uri|URL|URI)s?$/
/** Fields for the model, or of the client: no server fetches what they contain. */
const withoutUrls: ReadonlySet<string> = new Set([
	'arguments',
	'args',
	'input_schema',
	'metadata',
	'parameters',
	'schema',
	'text',
	'annotations',
	'citations',
])

function mapValue(value: Json, isUrl: boolean, path: string, change: ChangeUrl): Json {
	if (typeof value === 'string') return isUrl && value !== '' ? change(value, path, false) : value
	if (Array.isArray(value)) {
		const items: readonly Json[] = value
		return mapChanged(items, (item, at) => mapValue(item, isUrl, `${path}[${at}]`, change)) as Json
	}
	return isObject(value) ? mapFields(value as JsonObject, path, change) : value
}

function mapMessage(message: Message, path: string, change: ChangeUrl): Message {
	const content = mapChanged<Message['content'][number]>(message.content, (part, at) =>
		mapPart(part, `${path}.content[${at}]`, change),
	)
	const own = content === message.content ? message : ({ ...message, content } as Message)
	return mapRest(own, path, change)
}

function mapPart(part: Part, path: string, change: ChangeUrl): Part {
	switch (part.type) {
		case 'image':
			return mapRest(mapImage(part, path, change), path, change)
		case 'file':
			return mapRest(mapFile(part, path, change), path, change)
		case 'provider-item':
			return mapItem(part, path, change)
		case 'text':
		case 'audio':
		case 'reasoning':
		case 'refusal':
		case 'tool-call':
			return mapRest<Part & RestHolder>(part, path, change)
		default:
			return part satisfies never
	}
}

function mapImage(part: ImagePart, path: string, change: ChangeUrl): ImagePart {
	const url = change(part.url, `${path}.url`, true)
	return url === part.url ? part : { ...part, url }
}

const startOfUrl = /^\s*[a-z][a-z0-9+.-]*:/i

function mapFile(part: FilePart, path: string, change: ChangeUrl): FilePart {
	const url = part.url === undefined ? undefined : change(part.url, `${path}.url`, true)
	// Some servers accept a URL of any scheme.
	const { data: given } = part
	const data = given !== undefined && startOfUrl.test(given.slice(0, 50)) ? change(given, `${path}.data`, true) : given
	return url === part.url && data === given ? part : { ...part, url, data }
}

function mapItem(part: ProviderItem, path: string, change: ChangeUrl): ProviderItem {
	const item = mapFields(part.item, path, change)
	const { substitute } = part
	const parts =
		substitute === undefined ? undefined : mapChanged(substitute.parts, (one) => mapSubstitute(one, path, change))
	if (item === part.item && parts === substitute?.parts) return part
	return {
		...part,
		item,
		substitute: substitute === undefined || parts === undefined ? undefined : { ...substitute, parts },
	}
}

function mapSubstitute<Given extends Part>(part: Given, path: string, change: ChangeUrl): Given {
	return mapPart(part, path, change) as Given
}

interface RestHolder {
	readonly rest?: Rest | undefined
}

function mapRest<Given extends RestHolder>(given: Given, path: string, change: ChangeUrl): Given {
	const { rest } = given
	if (rest === undefined) return given
	const fields = mapFields(rest.fields, path, change)
	return fields === rest.fields ? given : { ...given, rest: { ...rest, fields } }
}

function mapChanged<Item>(items: readonly Item[], map: (item: Item, at: number) => Item): readonly Item[] {
	const state = retained(items, 'urls', (): { changed: Item[] | undefined } => ({ changed: undefined }))
	visitInSteps(items, 'urls', (item, at) => {
		const mapped = map(item, at)
		if (mapped === item) return
		state.changed ??= [...items]
		state.changed[at] = mapped
	})
	return state.changed ?? items
}
