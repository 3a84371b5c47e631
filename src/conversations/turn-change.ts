// The change of a turn that must arrive in the database, and its text in a file of the outbox.

import { z } from 'zod'
import { parseJson, stringifyJson } from '../chat/json-text.ts'
import { ownerId, type Scope, tenantId } from '../keys/scope.ts'
import { turnStates } from './conversation.ts'
import type { ScopedConversations } from './conversation-store.ts'
import { type TurnId, turnId } from './turn-id.ts'
import type { TurnEnd } from './turns.ts'

export interface TurnChange {
	readonly scope: Scope
	readonly turn: TurnId
	/** Undefined if the turn is dropped: see `Turns.drop`. */
	readonly end: TurnEnd | undefined
}

export function applyChange(own: Pick<ScopedConversations, 'turns'>, { turn, end }: TurnChange): Promise<void> {
	return end === undefined ? own.turns.drop(turn) : own.turns.end(turn, end)
}

/** The change that every database accepts, for an end that it refuses: the turn fails, without its answer. */
export function withoutAnswer(change: TurnChange, end: TurnEnd): TurnChange {
	const error = { code: 'internal', message: 'The answer could not be stored.' }
	return { ...change, end: { state: 'failed', endedAtMs: end.endedAtMs, answers: [], error } }
}

const file = z.object({
	checksum: z.number(),
	change: z.string(),
})

const written = z.object({
	scope: z.object({ tenant: z.string().transform(tenantId), owner: z.string().transform(ownerId) }),
	turn: z.string().transform(turnId),
	/** Not validated further: only this file writes it, and the checksum matches. */
	end: z.looseObject({ state: z.enum(turnStates).exclude(['running']), answers: z.array(z.unknown()) }).optional(),
})

export function writeChange(change: TurnChange): string {
	const text = stringifyJson(change)
	return JSON.stringify({ checksum: Bun.hash.crc32(text), change: text })
}

/** @returns undefined if the text is incomplete or of another version. */
export function readChange(text: string): TurnChange | undefined {
	try {
		const { checksum, change } = file.parse(JSON.parse(text))
		if (Bun.hash.crc32(change) !== checksum) return undefined
		const { scope, turn, end } = written.parse(parseJson(change))
		return { scope, turn, end: end as TurnEnd | undefined }
	} catch {
		return undefined
	}
}
