// Writes conversations in OpenAI's format, with their title and end user, and exports them in our own format.

import { stringifyJson } from '../../../chat/json-text.ts'
import type { Conversation, Turn } from '../../../conversations/conversation.ts'
import { writeConversationId } from '../../../conversations/conversation-id.ts'
import type { FoundConversation, TextMatch } from '../../../conversations/conversation-index.ts'
import type { ExportedConversation, ExportedMessage } from '../../../conversations/history.ts'
import { writeMetrics } from '../metrics-writer.ts'

export interface WrittenConversation {
	readonly id: string
	readonly object: 'conversation'
	/** Unix time in seconds. */
	readonly created_at: number
	/** Unix time in seconds, of the last turn. */
	readonly updated_at: number
	readonly metadata: Conversation['metadata']
	readonly title: string | null
	readonly user: string | null
	readonly match?: TextMatch
}

export function writeConversation({ id, createdAtMs, updatedAtMs, ...rest }: Conversation): WrittenConversation {
	const { metadata, title, user } = rest
	return {
		id: writeConversationId(id),
		object: 'conversation',
		created_at: seconds(createdAtMs),
		updated_at: seconds(updatedAtMs),
		metadata,
		title: title ?? null,
		user: user ?? null,
	}
}

/** With the place where a search has found its text. */
export function writeFoundConversation({ match, ...conversation }: FoundConversation): WrittenConversation {
	const written = writeConversation(conversation)
	return match === undefined ? written : { ...written, match }
}

/**
 * Every branch, oldest first, as pieces of one JSON text. Messages are exported as stored rather than as items, so
 * nothing is lost. The turns are read first: an answer that ends meanwhile would otherwise be complete without its message.
 */
export async function* writeExport(
	conversation: Conversation,
	{ messages, turns }: ExportedConversation,
): AsyncGenerator<string> {
	const { head = null } = conversation
	const begin = { object: 'conversation.export', conversation: writeConversation(conversation), head }
	let before = `${stringifyJson(begin).slice(0, -1)},"turns":[`
	for await (const batch of turns)
		for (const turn of batch) {
			yield before + stringifyJson(writeTurn(turn))
			before = ','
		}
	before = before === ',' ? '],"messages":[' : `${before}],"messages":[`
	for await (const batch of messages)
		for (const message of batch) {
			yield before + writeMessage(message)
			before = ','
		}
	yield before === ',' ? ']}' : `${before}]}`
}

function writeMessage({ id, parent, turn, json, partial, createdAtMs }: ExportedMessage): string {
	const fields = { id, parent: parent ?? null, turn, created_at: seconds(createdAtMs), partial }
	return `${stringifyJson(fields).slice(0, -1)},"message":${json}}`
}

function writeTurn(turn: Turn): object {
	return {
		id: turn.id,
		surface: turn.surface,
		state: turn.state,
		parent: turn.parent ?? null,
		model: turn.model,
		answer_model: turn.answered?.model ?? null,
		dropped: turn.answered?.dropped ?? [],
		truncated: turn.answered?.truncated ?? 0,
		inputs: turn.inputs,
		answers: turn.answers.map(({ message, finishReason }) => ({ message, finish_reason: finishReason ?? null })),
		usage: turn.usage ?? null,
		metrics: writeMetrics(turn.usage, turn.metrics) ?? null,
		error: turn.error ?? null,
		metadata: turn.metadata,
		created_at: seconds(turn.createdAtMs),
		ended_at: turn.endedAtMs === undefined ? null : seconds(turn.endedAtMs),
	}
}

function seconds(ms: number): number {
	return Math.floor(ms / 1000)
}
