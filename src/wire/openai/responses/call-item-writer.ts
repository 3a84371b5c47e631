// Writes calls of functions, custom tools and tools that the client runs, and recognizes the results of the latter.

import type { JsonObject } from '../../../chat/json.ts'
import type { Message, ToolCall, ToolMessage } from '../../../chat/message.ts'
import { responsesWire } from '../formats.ts'
import { kindOf } from './answer-items.ts'
import { writeClientCall } from './client-calls.ts'
import { type ClientCallType, type ClientOutputType, callTypeOfOutput, isClientOutputType } from './client-tools.ts'
import { partFields } from './item-rest.ts'
import type { Item, ItemShape, ItemStatus } from './item-shape.ts'
import type { ToolName } from './tool-name.ts'

/** The calls of tools that the client runs, as the types of their results show. */
export function clientCallsOf(messages: readonly Message[]): ReadonlyMap<string, ClientCallType> {
	const calls = new Map<string, ClientCallType>()
	for (const message of messages) {
		if (message.role !== 'tool') continue
		const type = callTypeOfOutput(clientOutputOf(message)?.type)
		if (type !== undefined) calls.set(message.callId, type)
	}
	return calls
}

/** The item of a result of a tool that the client runs, as the client sent it. */
export function clientOutputOf({
	content,
}: ToolMessage): (JsonObject & { readonly type: ClientOutputType }) | undefined {
	const [part, second] = content
	if (part?.type !== 'provider-item' || part.wire !== responsesWire || second !== undefined) return undefined
	const { type } = part.item
	return isClientOutputType(type) ? { ...part.item, type } : undefined
}

export function writeCall(id: string, call: ToolCall, status: ItemStatus, shape: ItemShape): Item {
	const type = shape.clientCallOf(call)
	if (type !== undefined) return writeClientItem(id, type, call, writeClientCall(type, call.arguments), status)
	const { name, namespace } = namesOf(call, shape)
	return {
		...partFields(call.rest),
		id,
		type: kindOf(call),
		call_id: call.id,
		name,
		namespace,
		...(call.kind === 'function' ? { arguments: call.arguments } : { input: call.arguments }),
		status,
	}
}

/** The name of a function or custom tool in its namespace. */
export function namesOf({ name }: Pick<ToolCall, 'name'>, { unflatten }: ItemShape): ToolName {
	const tool = unflatten(name)
	return tool.type === 'named' ? tool : { name }
}

/** @param fields what the client is to run. */
export function writeClientItem(
	id: string,
	type: ClientCallType,
	{ id: call_id, rest }: Pick<ToolCall, 'id' | 'rest'>,
	fields: JsonObject,
	status: ItemStatus,
): Item {
	// A patch has no status for an incomplete one.
	const written = type === 'apply_patch_call' && status === 'incomplete' ? 'in_progress' : status
	return { ...fields, ...partFields(rest), id, type, call_id, status: written }
}
