// The features of a request that only upstreams of this wire have, and without which the answer would be wrong. Other
// features of this wire are left out for other upstreams, and reported. It does not know which upstreams a model has.

import type { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
import { showValue } from '../json/schema-issue.ts'
import type { PromptBody } from './message-request-schema.ts'
import type { OwnTool } from './message-tools-reader.ts'
import { unsupportedError } from './schema-error.ts'

/** The error for the first of them, for models without an upstream of this wire; undefined if there are none. */
export function readOwnFeature(fields: PromptBody, tools: readonly OwnTool[]): ChatError | undefined {
	const [tool] = tools
	if (tool !== undefined)
		return unsupportedError(
			['tools', tool.index, 'type'],
			`This model does not have tools of type '${tool.type.slice(0, 100)}': only upstreams of Anthropic's API do. Define tools that the client runs as 'custom'.`,
		)
	for (const [index, message] of fields.messages.entries()) {
		if (message.role !== 'system' || typeof message.content === 'string') continue
		const position = message.content.findIndex(({ type }) => type === 'other')
		const block = message.content[position]
		if (block?.type === 'other')
			return onlyAnthropic(
				['messages', index, 'content', position],
				`blocks of type '${showValue(block.item.type)}' in a system message would have no effect`,
			)
	}
	if (isFilled(fields.mcp_servers))
		return onlyAnthropic(['mcp_servers'], 'no model can call the tools of these servers')
	if (isFilled(fields.compaction)) return onlyAnthropic(['compaction'], 'the response would not be a compaction')
	if (isObject(fields.container) && isFilled(fields.container.skills))
		return onlyAnthropic(['container'], 'the model would not have these skills')
	return undefined
}

function onlyAnthropic(path: readonly PropertyKey[], consequence: string): ChatError {
	return unsupportedError(path, `Only upstreams of Anthropic's API support this; with this model, ${consequence}.`)
}

function isFilled(value: unknown): boolean {
	return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null
}

/**
 * Features of Anthropic's service, which no upstream may be trusted to have.
 *
 * @throws ChatError `unsupported`
 */
export function refuseServiceFeatures({ safeguards }: PromptBody): void {
	if (isFilled(safeguards))
		throw unsupportedError(['safeguards'], 'This server has no safeguards. Leave the field out.')
}
