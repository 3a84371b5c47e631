// Reads items, one by one. parsed-items.ts combines them into messages.

import { ChatError } from '../../../chat/error.ts'
import { isObject, type JsonObject } from '../../../chat/json.ts'
import type { AssistantPart } from '../../../chat/message.ts'
import { mergeRest } from '../../../chat/rest.ts'
import { mapInSteps } from '../../../system/resumable.ts'
import { field } from '../../json/fields.ts'
import { writePath } from '../../json/schema-issue.ts'
import { responsesWire } from '../formats.ts'
import { readClientCall } from './client-calls.ts'
import { readClientOutput } from './client-outputs.ts'
import { type ClientCallType, type ClientOutputType, type ClientToolType, nameOfCalled } from './client-tools.ts'
import {
	type Location,
	parseAt,
	readAnswerContent,
	readOutput,
	readTexts,
	readUserContent,
	unknownType,
} from './content-reader.ts'
import { checkTools, readSettingsItem, settingsItem } from './conversation-settings.ts'
import { readEncryptedReasoning } from './encrypted-reasoning.ts'
import { unknownFields, withItemRest } from './item-rest.ts'
import {
	compactionItem,
	customCallItem,
	functionCallItem,
	hostedItems,
	imageItem,
	messageItem,
	outputItem,
	reasoningItem,
	referenceItem,
} from './item-schema.ts'
import { readOpaque } from './opaque-text.ts'
import type { ParsedItem } from './parsed-items.ts'
import { summaryText } from './summary.ts'
import { flattenName } from './tool-name.ts'

/** Location of items in a body: `input` or `items`. */
export interface ItemPath {
	readonly body: unknown
	readonly field: string
	/** Receives the error for a type of item or content that OpenAI's API does not know; such items are read. */
	readonly violate?: ((error: ChatError) => void) | undefined
	/** The names of the tools that the client runs; their types if absent. */
	readonly clientNames?: ReadonlyMap<ClientToolType, string> | undefined
}

/** @throws ChatError `invalid-request` for an invalid item, `unsupported` for content that no model here accepts. */
export function readItems(
	items: readonly unknown[],
	{ body, field: list, violate = () => {}, clientNames = new Map() }: ItemPath,
): readonly ParsedItem[] {
	const nameOfClientCall = (type: ClientCallType) => nameOfCalled(type, clientNames)
	return mapInSteps(items, 'items', (item, index) =>
		readItem(item, { body, path: [list, index], violate, nameOfClientCall }),
	).flat()
}

function readItem(item: unknown, at: Location): readonly ParsedItem[] {
	const type = isObject(item) ? (item.type ?? 'message') : 'message'
	if (typeof type !== 'string') throw unknownType(type, at.path, 'item')
	switch (type) {
		case 'message':
			return [readMessage(item, at)]
		case 'function_call': {
			const call = parseAt(functionCallItem, item, at)
			const { call_id: id, arguments: text } = call
			const rest = unknownFields(item, functionCallItem.shape)
			return [answerPart({ type: 'tool-call', kind: 'function', id, name: calledName(call), arguments: text, rest })]
		}
		case 'custom_tool_call': {
			const call = parseAt(customCallItem, item, at)
			const { call_id: id, input: text } = call
			const rest = unknownFields(item, customCallItem.shape)
			return [answerPart({ type: 'tool-call', kind: 'custom', id, name: calledName(call), arguments: text, rest })]
		}
		case 'function_call_output':
		case 'custom_tool_call_output': {
			const result = parseAt(outputItem, item, at)
			const content = readOutput(result.output, { ...at, path: [...at.path, 'output'] })
			const rest = unknownFields(item, outputItem.shape)
			return [{ type: 'message', message: { role: 'tool', callId: result.call_id, content, rest } }]
		}
		case 'shell_call':
		case 'local_shell_call':
		case 'apply_patch_call':
		case 'computer_call':
		case 'tool_search_call': {
			// A search of another server has no result from the client.
			if (type === 'tool_search_call' && isHostedSearch(item)) return [providerItem(item)]
			const call = readClientCall(type, item, at)
			return [answerPart({ type: 'tool-call', kind: 'function', name: at.nameOfClientCall(type), ...call })]
		}
		case 'tool_search_output':
			checkTools(item, at)
			if (isHostedSearch(item)) return [answerPart(settingsItem(item))]
			return readResult(type, item, at)
		case 'shell_call_output':
		case 'local_shell_call_output':
		case 'apply_patch_call_output':
		case 'computer_call_output':
			return readResult(type, item, at)
		case 'additional_tools':
		case 'configuration_update':
			return [answerPart(readSettingsItem(type, item, at))]
		case 'compaction_trigger':
			throw new ChatError('invalid-request', "An item of type 'compaction_trigger' must be the last of the input.", {
				param: writePath(at.path),
				code: 'invalid_value',
			})
		case 'reasoning':
			return readReasoning(item, at)
		case 'image_generation_call':
			return [readImage(item, at)]
		case 'compaction':
		case 'context_compaction':
			return [readCompaction(parseAt(compactionItem, item, at).encrypted_content, at)]
		case 'item_reference':
			return [{ type: 'reference', id: parseAt(referenceItem, item, at).id }]
		default:
			if (!hostedItems.has(type) && !type.includes(':')) at.violate(unknownType(type, at.path, 'item'))
			return [providerItem(item)]
	}
}

function isHostedSearch(item: unknown): boolean {
	return field(item, 'execution') === 'server' || field(item, 'call_id') == null
}

function readResult(type: ClientOutputType, item: unknown, at: Location): readonly ParsedItem[] {
	const message = readClientOutput(type, item, at)
	return [message === undefined ? providerItem(item) : { type: 'message', message }]
}

function answerPart(part: AssistantPart): ParsedItem {
	return { type: 'assistant', content: [part] }
}

/** @param item of parsed JSON. */
function providerItem(item: unknown): ParsedItem {
	return answerPart({ type: 'provider-item', wire: responsesWire, item: item as JsonObject })
}

function calledName({
	name,
	namespace,
}: {
	readonly name: string
	readonly namespace?: string | null | undefined
}): string {
	return flattenName({ name, namespace: namespace ?? undefined })
}

function readMessage(item: unknown, at: Location): ParsedItem {
	const { role, content } = parseAt(messageItem, item, at)
	const contentAt = { ...at, path: [...at.path, 'content'] }
	const rest = unknownFields(item, messageItem.shape)
	switch (role) {
		case 'system':
		case 'developer':
			return { type: 'message', message: { role, content: readTexts(content, contentAt), rest } }
		case 'user':
			return { type: 'message', message: { role, content: readUserContent(content, contentAt), rest } }
		case 'assistant': {
			const [first, ...others] = readAnswerContent(content, contentAt)
			if (first === undefined) return { type: 'assistant', content: [] }
			if (first.type === 'provider-item') return { type: 'assistant', content: [first, ...others] }
			return { type: 'assistant', content: [{ ...first, rest: withItemRest(first.rest, rest) }, ...others] }
		}
		default:
			return role satisfies never
	}
}

/** Content encrypted here is exact. Of other servers' items only the plain text is readable. */
function readReasoning(item: unknown, at: Location): readonly ParsedItem[] {
	const { encrypted_content: encrypted, content, summary } = parseAt(reasoningItem, item, at)
	const opened = encrypted == null ? undefined : readEncryptedReasoning(encrypted)
	if (opened?.type === 'call') {
		const { call, signature } = opened
		return [{ type: 'call-signature', call, signature }]
	}
	const hasContent = content != null && content.length > 0
	const rest = mergeRest(
		unknownFields(item, reasoningItem.shape),
		// Without content, the summary is the text.
		hasContent ? unknownFields({ summary }, {}) : undefined,
	)
	const plain = (hasContent ? content : (summary ?? [])).map(({ text }) => text).join('')
	if (opened?.type === 'signature')
		return [answerPart({ type: 'reasoning', text: plain, signature: opened.signature, encrypted: true, rest })]
	const { text, signature, encrypted: isEncrypted } = opened ?? { text: plain }
	if (text === '' && signature === undefined && rest === undefined) return []
	return [answerPart({ type: 'reasoning', text, signature, encrypted: isEncrypted, rest })]
}

/** An image that a model made, or what another server reported about one that it did not return. */
function readImage(item: unknown, at: Location): ParsedItem {
	const { result, output_format: format } = parseAt(imageItem, item, at)
	if (result == null || result === '') return providerItem(item)
	const url = `data:image/${format ?? 'png'};base64,${result}`
	return answerPart({ type: 'image', url, rest: unknownFields(item, imageItem.shape) })
}

function readCompaction(encrypted: string, at: Location): ParsedItem {
	const summary = readOpaque(encrypted)
	if (summary === undefined)
		throw new ChatError(
			'invalid-request',
			'The encrypted content could not be verified: it was not created by this server.',
			{
				param: writePath([...at.path, 'encrypted_content']),
				code: 'invalid_encrypted_content',
			},
		)
	return {
		type: 'message',
		message: { role: 'system', content: [{ type: 'text', text: summaryText(summary) }] },
		summary,
	}
}
