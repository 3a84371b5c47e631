// Rows of conversations, messages and turns, read and written. Canonical messages stand in them as JSON, as they are.

import { z } from 'zod'
import type { JsonObject } from '../../chat/json.ts'
import type { Message } from '../../chat/message.ts'
import { textOf } from '../../chat/message.ts'
import type { Usage } from '../../chat/usage.ts'
import {
	type Conversation,
	inputId,
	type KeptAnswer,
	type KeptMessage,
	type Metadata,
	surfaces,
	type Turn,
	turnStates,
} from '../../conversations/conversation.ts'
import type { Scope } from '../../keys/scope.ts'
import type { Row } from './sql.ts'

const number = z.coerce.number()
/** Written by ourselves: what it looks like is known. */
const json = z.string().transform((text): unknown => JSON.parse(text))

const conversationRow = z.object({
	id: z.string(),
	end_user: z.string().nullable(),
	title: z.string().nullable(),
	metadata: json,
	listed: number,
	head: z.string().nullable(),
	created_at_ms: number,
	updated_at_ms: number,
})

export function readConversation(row: unknown): Conversation {
	const { end_user, title, head, metadata, listed, ...rest } = conversationRow.parse(row)
	return {
		id: rest.id,
		...(end_user === null ? {} : { user: end_user }),
		...(title === null ? {} : { title }),
		metadata: metadata as Metadata,
		listed: listed === 1,
		...(head === null ? {} : { head }),
		createdAtMs: rest.created_at_ms,
		updatedAtMs: rest.updated_at_ms,
	}
}

export function writeConversation({ tenant, owner }: Scope, conversation: Conversation) {
	const { id, user = null, title = null, metadata, listed, head = null, createdAtMs, updatedAtMs } = conversation
	return {
		id,
		tenant,
		owner,
		end_user: user,
		title: title === null ? null : title.replaceAll('\0', ''),
		search_title: foldText(title ?? ''),
		metadata: JSON.stringify(metadata),
		listed: listed ? 1 : 0,
		head,
		created_at_ms: createdAtMs,
		updated_at_ms: updatedAtMs,
	}
}

export interface PlacedMessage extends KeptMessage {
	readonly branch: number
	/** Of all messages from the first to this one. */
	readonly pathBytes: number
}

/** Without a schema: a context is hundreds of these, written by ourselves. */
export function readMessage(row: Row): PlacedMessage {
	return {
		conversation: String(row.conversation),
		id: String(row.id),
		...(row.parent === null ? {} : { parent: String(row.parent) }),
		turn: String(row.turn),
		branch: Number(row.branch),
		depth: Number(row.depth),
		pathBytes: Number(row.path_bytes),
		message: JSON.parse(String(row.body)) as Message,
		partial: Number(row.partial) === 1,
		createdAtMs: Number(row.created_at_ms),
	}
}

/** What a caller sees of it. */
export function told({ branch: _, pathBytes: __, ...message }: PlacedMessage): KeptMessage {
	return message
}

export function writeMessage({ parent, message, partial, pathBytes, createdAtMs, ...rest }: PlacedMessage) {
	return {
		...rest,
		parent: parent ?? null,
		path_bytes: pathBytes,
		...writeBody(message),
		partial: partial ? 1 : 0,
		created_at_ms: createdAtMs,
	}
}

export function writeBody(message: Message): { readonly body: string; readonly search_text: string } {
	return { body: JSON.stringify(message), search_text: foldText(textOf(message)) }
}

/** So that a search finds a text in any case, in every database alike. */
export function foldText(text: string): string {
	return text.toLowerCase().replaceAll('\0', '')
}

const turnRow = z.object({
	id: z.string(),
	conversation: z.string(),
	surface: z.enum(surfaces),
	stored: number,
	state: z.enum(turnStates),
	parent: z.string().nullable(),
	model: z.string(),
	inputs: number,
	answers: json,
	usage: json.nullable(),
	error: json.nullable(),
	metadata: json,
	echo_body: json.nullable(),
	created_at_ms: number,
	ended_at_ms: number.nullable(),
})

export function readTurn(row: unknown): Turn {
	const { parent, stored, inputs, answers, usage, error, metadata, echo_body, created_at_ms, ended_at_ms, ...rest } =
		turnRow.parse(row)
	return {
		...rest,
		stored: stored === 1,
		...(parent === null ? {} : { parent }),
		inputs: Array.from({ length: inputs }, (_, index) => inputId(rest.id, index)),
		answers: answers as readonly KeptAnswer[],
		...(usage === null ? {} : { usage: usage as Usage }),
		...(error === null ? {} : { error: error as NonNullable<Turn['error']> }),
		metadata: metadata as Metadata,
		echo: (echo_body ?? {}) as JsonObject,
		createdAtMs: created_at_ms,
		...(ended_at_ms === null ? {} : { endedAtMs: ended_at_ms }),
	}
}
