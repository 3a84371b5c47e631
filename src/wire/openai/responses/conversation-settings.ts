// Items that change a conversation from their position on: tools that are added, and settings. They are stored like
// answers of the model, so that they apply to the next turns too. Models do not receive them.

import { isObject, type JsonObject } from '../../../chat/json.ts'
import type { Message, ProviderItem } from '../../../chat/message.ts'
import { listField } from '../../json/fields.ts'
import { responsesWire } from '../formats.ts'
import { type Location, parseAt } from './content-reader.ts'
import { additionalToolsItem, configurationItem } from './item-schema.ts'
import type { ResponseFormatBody } from './request-schema.ts'
import { readTools } from './tool-reader.ts'

/** What the items of a conversation set. Later items replace the settings of earlier ones. */
export interface ConversationSettings {
	/** In the client's form. */
	readonly tools: readonly (JsonObject & { readonly type: string })[]
	/** Null is the model's default. */
	readonly effort?: string | null | undefined
	readonly format?: ResponseFormatBody | null | undefined
}

/** @throws ChatError `invalid-request` for an invalid item. */
export function readSettingsItem(type: 'additional_tools' | 'configuration_update', item: unknown, at: Location) {
	if (type === 'additional_tools') checkTools(item, at)
	else parseAt(configurationItem, item, at)
	return settingsItem(item)
}

/** @throws ChatError `invalid-request` for an item with an invalid tool. */
export function checkTools(item: unknown, at: Location): void {
	const { tools } = parseAt(additionalToolsItem, item, at)
	readTools([{ tools, body: at.body, path: [...at.path, 'tools'] }])
}

/** The item as a part of the conversation that models receive nothing of. */
export function settingsItem(item: unknown): ProviderItem {
	// The body is parsed JSON.
	return { type: 'provider-item', wire: responsesWire, item: item as JsonObject, substitute: { parts: [] } }
}

/** @param messages the conversation, in order. */
export function settingsOf(messages: readonly Message[]): ConversationSettings {
	const tools: (JsonObject & { readonly type: string })[] = []
	let settings: Omit<ConversationSettings, 'tools'> = {}
	for (const { content } of messages)
		for (const part of content) {
			if (part.type !== 'provider-item' || part.wire !== responsesWire) continue
			const { item } = part
			if (item.type === 'additional_tools' || item.type === 'tool_search_output')
				tools.push(...listField(item, 'tools').filter(isTool))
			if (item.type !== 'configuration_update') continue
			const { data } = configurationItem.safeParse(item)
			if (data?.reasoning?.effort !== undefined) settings = { ...settings, effort: data.reasoning.effort }
			if (data?.text?.format !== undefined) settings = { ...settings, format: data.text.format }
		}
	return { tools, ...settings }
}

function isTool(value: unknown): value is JsonObject & { readonly type: string } {
	return isObject(value) && typeof value.type === 'string'
}
