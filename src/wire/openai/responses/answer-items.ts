// Divides the parts of an answer into items: adjacent texts and refusals are one message, every other part is an item.
// It does not know how an item is written.

import type { JsonObject } from '../../../chat/json.ts'
import type {
	AssistantPart,
	ImagePart,
	ProviderItem,
	ReasoningPart,
	RefusalPart,
	TextPart,
	ToolCall,
	ToolKind,
} from '../../../chat/message.ts'
import type { MessageId } from '../../../conversations/message-id.ts'
import { responsesWire } from '../formats.ts'
import type { ClientCallType } from './client-tools.ts'
import { ItemIds, type ItemKind } from './item-id.ts'
import { beginsItem } from './item-rest.ts'

/** A part that this API has an item for. */
export type ItemPart = TextPart | RefusalPart | ReasoningPart | ToolCall | ImagePart | ProviderItem

export interface AnswerItem {
	readonly id: string
	/** Several only in a message. */
	readonly parts: readonly [ItemPart, ...ItemPart[]]
}

/** The type of the item of a call of a tool that the client runs; undefined for other calls. */
export type ClientCallOf = (call: Pick<ToolCall, 'id' | 'name'>) => ClientCallType | undefined

/** The items of an answer, in the order of its parts. Parts that no item can contain are left out. */
export function itemsOfAnswer(
	parts: readonly AssistantPart[],
	message: MessageId,
	clientCallOf: ClientCallOf,
): readonly AnswerItem[] {
	const ids = new ItemIds(message)
	const items: { readonly id: string; readonly parts: [ItemPart, ...ItemPart[]] }[] = []
	for (const part of parts) {
		if (!isItemPart(part)) continue
		const last = items.at(-1)
		const joins = isContent(part) && last !== undefined && isContent(last.parts[0]) && !beginsItem(part.rest)
		if (joins) last.parts.push(part)
		else if (part.type === 'tool-call')
			items.push({ id: ids.next(clientCallOf(part) ?? kindOf(part), part.id), parts: [part] })
		else items.push({ id: ids.next(kindOf(part)), parts: [part] })
	}
	return items
}

/** Whether an item can contain the part. Images are inline in this API, and it has no audio. */
export function isItemPart(part: AssistantPart): part is ItemPart {
	switch (part.type) {
		case 'text':
		case 'refusal':
		case 'tool-call':
			return true
		case 'reasoning':
			return part.text !== '' || part.signature !== undefined || part.rest?.wire === responsesWire
		case 'image':
			return isInlineImage(part)
		case 'provider-item':
			return part.wire === responsesWire
		case 'audio':
			return false
		default:
			return part satisfies never
	}
}

export function isInlineImage({ url }: ImagePart): boolean {
	return /^data:image\/[a-z0-9.+-]+;base64,/i.test(url)
}

/** The kind of the item of a part. Calls of tools that the client runs have others. */
export function kindOf({
	type,
	kind,
	item,
}: {
	readonly type: ItemPart['type']
	readonly kind?: ToolKind | undefined
	readonly item?: JsonObject | undefined
}): ItemKind {
	switch (type) {
		case 'text':
		case 'refusal':
			return 'message'
		case 'reasoning':
			return 'reasoning'
		case 'tool-call':
			return kind === 'custom' ? 'custom_tool_call' : 'function_call'
		case 'image':
			return 'image_generation_call'
		case 'provider-item':
			return item?.type === 'compaction' ? 'compaction' : 'provider_item'
		default:
			return type satisfies never
	}
}

export function isContent(part: ItemPart): part is TextPart | RefusalPart {
	return part.type === 'text' || part.type === 'refusal'
}
