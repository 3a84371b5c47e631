// The features of a request that only upstreams of this wire have, and without which the answer would be wrong. Other
// features of this wire are left out for other upstreams, and reported. It does not know which upstreams a model has.

import type { ChatError } from '../../chat/error.ts'
import { isObject } from '../../chat/json.ts'
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
	if (isFilled(fields.mcp_servers)) return onlyAnthropic('mcp_servers', 'no model can call the tools of these servers')
	if (isFilled(fields.compaction)) return onlyAnthropic('compaction', 'the response would not be a compaction')
	if (isObject(fields.container) && isFilled(fields.container.skills))
		return onlyAnthropic('container', 'the model would not have these skills')
	return undefined
}

function onlyAnthropic(field: string, consequence: string): ChatError {
	return unsupportedError([field], `Only upstreams of Anthropic's API support this; with this model, ${consequence}.`)
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
