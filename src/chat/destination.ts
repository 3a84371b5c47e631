// Removes from a request what its upstream would not recognize: unknown fields and provider items of other wires, and
// signatures that other services or models made. It also orders the results of calls. It knows no wire.

import { retained, visitInSteps } from '../system/resumable.ts'
import { ChatError } from './error.ts'
import type {
	AssistantPart,
	ImagePart,
	Message,
	ProviderItem,
	ReasoningPart,
	Signature,
	TextPart,
	ToolCall,
	ToolPart,
	UserPart,
} from './message.ts'
import type { ChatRequest } from './request.ts'
import type { Drop } from './request-fates.ts'
import type { Rest } from './rest.ts'
import { resultsAfterCalls } from './result-order.ts'

/** Where a request is sent. */
export interface Destination {
	/** Undefined for engines without a wire of their own, which recognize nothing foreign. */
	readonly wire: string | undefined
	/** The service and model, as in `Signature.origin`. */
	readonly origin?: string | undefined
	/** Other wires whose signatures `wire` can carry. */
	readonly signatureWires?: readonly string[] | undefined
	/** The upstream rejects reasoning without a signature. */
	readonly requiresSignatures?: boolean | undefined
}

/**
 * The request as `destination` can receive it, with the results of calls directly after them; the same object if all of
 * it can be sent. Unknown fields, and the provider items and readable reasoning of assistant messages, are reported by
 * path, such as `messages[2].content[0].annotations`.
 *
 * @throws ChatError `unsupported` for a provider item without a substitute that the user or a tool sent: the answer
 * would be wrong without it.
 */
export function requestFor(destination: Destination, request: ChatRequest, drop: Drop): ChatRequest {
	const own = mapChanged(request.messages, (message, index) =>
		messageFor(destination, message, `messages[${index}]`, drop),
	)
	const messages = retained(own, 'results after calls', () => resultsAfterCalls(own))
	const tools = mapChanged(request.tools, (tool, index) => withOwnRest(destination, tool, `tools[${index}]`, drop))
	return messages === request.messages && tools === request.tools ? request : { ...request, messages, tools }
}

/** Undefined for an answer of which nothing is left: upstreams refuse empty ones. */
function messageFor(destination: Destination, given: Message, path: string, drop: Drop): Message | undefined {
	const message = withOwnRest(destination, given, path, drop)
	const pathOf = (index: number) => `${path}.content[${index}]`
	switch (message.role) {
		case 'system':
		case 'developer': {
			const content = mapChanged(message.content, (part, index) => withOwnRest(destination, part, pathOf(index), drop))
			return content === message.content ? message : { ...message, content }
		}
		case 'user': {
			const content = mapChanged(message.content, (part, index) => givenPart(destination, part, pathOf(index), drop))
			return content === message.content ? message : { ...message, content }
		}
		case 'tool': {
			const content = mapChanged(message.content, (part, index) => givenPart(destination, part, pathOf(index), drop))
			return content === message.content ? message : { ...message, content }
		}
		case 'assistant': {
			const content = mapChanged(message.content, (part, index) =>
				assistantPart(destination, part, pathOf(index), drop),
			)
			if (content === message.content) return message
			return content.length === 0 ? undefined : { ...message, content }
		}
	}
}

function givenPart<Given extends UserPart | ToolPart>(
	destination: Destination,
	part: Given,
	path: string,
	drop: Drop,
): Given | readonly (TextPart | ImagePart)[] {
	if (part.type !== 'provider-item') return withOwnRest<Given & WithRest>(destination, part, path, drop)
	if (part.wire === destination.wire) return part
	const substitute = substituteFor(destination, part, path, drop)
	if (substitute !== undefined) return substitute
	throw new ChatError('unsupported', `This model does not support content of the type '${nameOf(part.item.type)}'.`, {
		param: path,
	})
}

function substituteFor(
	destination: Destination,
	{ substitute }: ProviderItem,
	path: string,
	drop: Drop,
): readonly (TextPart | ImagePart)[] | undefined {
	if (substitute === undefined) return undefined
	for (const lost of substitute.lost ?? []) drop(`${path}.${lost}`)
	return substitute.parts.map((part) => withOwnRest(destination, part, path, drop))
}

function assistantPart(
	destination: Destination,
	part: AssistantPart,
	path: string,
	drop: Drop,
): AssistantPart | readonly AssistantPart[] | undefined {
	switch (part.type) {
		case 'provider-item':
			if (part.wire === destination.wire) return part
			if (part.substitute === undefined) drop(path)
			return substituteFor(destination, part, path, drop)
		case 'reasoning': {
			const own = withOwnSignature(destination, part)
			if (own === undefined) return undefined
			const sent = withOwnRest(destination, own, path, drop)
			if (destination.requiresSignatures !== true || sent.signature !== undefined) return sent
			if (part.text !== '') drop(path)
			return undefined
		}
		case 'tool-call':
			return withOwnSignature(destination, withOwnRest(destination, part, path, drop))
		case 'text':
		case 'refusal':
		case 'image':
		case 'audio':
			return withOwnRest<AssistantPart & WithRest>(destination, part, path, drop)
		default:
			return part satisfies never
	}
}

/** Without its signature, reasoning has no use if only its model can read it. */
function withOwnSignature<Given extends ReasoningPart | ToolCall>(
	destination: Destination,
	part: Given,
): Given | undefined {
	if (part.signature === undefined || isValid(part.signature, destination)) return part
	if (part.type === 'reasoning' && part.text === '') return undefined
	return { ...part, signature: undefined }
}

function isValid({ wire, origin }: Signature, destination: Destination): boolean {
	if (wire !== destination.wire && destination.signatureWires?.includes(wire) !== true) return false
	return origin === undefined || destination.origin === undefined || origin === destination.origin
}

interface WithRest {
	readonly rest?: Rest | undefined
}

function withOwnRest<Given extends WithRest>({ wire }: Destination, given: Given, path: string, drop: Drop): Given {
	if (given.rest === undefined || given.rest.wire === wire) return given
	for (const name of Object.keys(given.rest.fields)) drop(`${path}.${name}`)
	return { ...given, rest: undefined }
}

function nameOf(type: unknown): string {
	return typeof type === 'string' ? type.slice(0, 100) : 'unknown'
}

/** Like `flatMap`, without the undefined results; the same list if nothing changed. */
function mapChanged<Item extends object>(
	list: readonly Item[],
	change: (item: Item, index: number) => Item | readonly Item[] | undefined,
): readonly Item[] {
	const state = retained(list, 'changed', (): { changed: Item[] | undefined } => ({ changed: undefined }))
	visitInSteps(list, 'changed', (item, index) => {
		const result = change(item, index)
		if (state.changed === undefined && result === item) return
		state.changed ??= list.slice(0, index)
		if (isList(result)) state.changed.push(...result)
		else if (result !== undefined) state.changed.push(result)
	})
	return state.changed ?? list
}

/** `Array.isArray` does not narrow readonly lists. */
function isList<Item>(value: Item | readonly Item[] | undefined): value is readonly Item[] {
	return Array.isArray(value)
}
