// Compaction: replaces a long conversation by the user's messages and one opaque summary, written by the model itself.

import { z } from 'zod'
import type { Completion } from '../../../chat/completion.ts'
import type { JsonObject } from '../../../chat/json.ts'
import type { Message } from '../../../chat/message.ts'
import { textOf } from '../../../chat/parts.ts'
import { answerId, inputId } from '../../../conversations/message-id.ts'
import { textField } from '../../json/fields.ts'
import { responsesWire } from '../formats.ts'
import { schemaError } from '../schema-error.ts'
import { writeItemId } from './item-id.ts'
import { writeStoredItems } from './item-writer.ts'
import { type ResponseIdentity, writeResponseId, writeResponseUsage } from './response-writer.ts'
import { summaryOf, writeSummary } from './summary.ts'

const schema = z.looseObject({})

export interface CompactionBody {
	/** The body of a responses request. */
	readonly fields: JsonObject
	/** Names of the fields that have no effect on a compaction. */
	readonly dropped: readonly string[]
}

/** @throws ChatError `invalid-request` if the body is not an object. */
export function readCompactionBody(body: unknown): CompactionBody {
	const parsed = schema.safeParse(body)
	if (!parsed.success) throw schemaError(parsed.error, body)
	const { model, input, instructions, previous_response_id, reasoning, service_tier } = parsed.data
	const fields = { model, input, instructions, previous_response_id, reasoning, service_tier, store: false }
	const unused = Object.entries(parsed.data).flatMap(([name, value]) =>
		name in fields || value === null ? [] : [name],
	)
	return {
		fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as JsonObject,
		// No reasoning is returned.
		dropped: textField(reasoning, 'summary') === undefined ? unused : [...unused, 'reasoning.summary'],
	}
}

/**
 * The answer of a model that wrote a summary, as an answer whose only item contains it.
 *
 * @throws ChatError `upstream-failed` if it has no text.
 */
export function compactedAnswer(completion: Completion): Completion {
	const summary = summaryOf(textOf(completion.choices[0]?.parts ?? []))
	const item = { type: 'provider-item', wire: responsesWire, item: writeSummary(summary) } as const
	return { ...completion, choices: [{ parts: [item], finishReason: 'stop' }] }
}

/**
 * @param messages the conversation, without instructions
 * @throws ChatError `upstream-failed` if the model returned no text
 */
export function writeCompaction(
	completion: Completion,
	identity: ResponseIdentity,
	messages: readonly Message[],
): JsonObject {
	const summary = summaryOf(textOf(completion.choices[0]?.parts ?? []))
	const { token, created } = identity
	const userMessages = messages.flatMap((message, index) =>
		message.role === 'user' ? [{ id: inputId(token, index), message, partial: false }] : [],
	)
	return {
		id: writeResponseId(token),
		object: 'response.compaction',
		created_at: created,
		output: [
			...writeStoredItems(userMessages),
			{ id: writeItemId('compaction', answerId(token, 0)), ...writeSummary(summary) },
		],
		usage: writeResponseUsage(completion.usage),
	}
}
