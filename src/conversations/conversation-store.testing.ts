// Conversations, messages and turns for tests, and a store that the contracts of its parts run on.

import { afterEach, beforeEach, expect } from 'bun:test'
import type { AssistantMessage, Message } from '../chat/message.ts'
import { ownerId, type Scope, tenantId } from '../keys/scope.ts'
import type { Conversation } from './conversation.ts'
import { type ConversationId, newConversationId } from './conversation-id.ts'
import type { ConversationStore, ScopedConversations } from './conversation-store.ts'
import type { ExportedConversation } from './history.ts'
import type { MessageId } from './message-id.ts'
import { newTurnId, type TurnId } from './turn-id.ts'
import type { EndedAnswer, NewTurn, TurnEnd } from './turns.ts'

export const alice: Scope = { tenant: tenantId('default'), owner: ownerId('alice') }

export function user(text: string): Message {
	return { role: 'user', content: [{ type: 'text', text }] }
}

export function assistant(text: string): AssistantMessage {
	return { role: 'assistant', content: [{ type: 'text', text }] }
}

export function conversation(change: Partial<Conversation> = {}): Conversation {
	return { id: newConversationId(), metadata: {}, listed: true, createdAtMs: 1000, updatedAtMs: 1000, ...change }
}

export function turn(change: Partial<NewTurn> & Pick<NewTurn, 'conversation'>): NewTurn {
	return {
		id: newTurnId(),
		surface: 'chat',
		stored: false,
		process: 'p1',
		onConflict: 'branch',
		inputs: [user('hi')],
		model: 'small',
		metadata: {},
		echo: {},
		createdAtMs: 2000,
		...change,
	}
}

export function ended(text: string, change: Partial<TurnEnd> = {}): TurnEnd {
	return { state: 'completed', endedAtMs: 3000, answers: [answer(text)], ...change }
}

export function answer(text: string): EndedAnswer {
	return { message: assistant(text), partial: false, finishReason: 'stop' }
}

/** All of an export; nothing if there is no conversation. */
export async function collect({ messages, turns }: ExportedConversation = { messages: none(), turns: none() }) {
	return { messages: (await Array.fromAsync(messages)).flat(), turns: (await Array.fromAsync(turns)).flat() }
}

async function* none() {}

/** For `History.read`. */
export const everything = { maxBytes: 1_000_000 }

export type OpenStore = () => Promise<{ readonly store: ConversationStore; close(): Promise<void> }>

export interface StoreFixture {
	readonly store: ConversationStore
	/** The conversations of `alice`. */
	readonly own: ScopedConversations
	/** Stores a complete turn. @returns its id. */
	exchange(change: Partial<NewTurn> & Pick<NewTurn, 'conversation'>, text?: string): Promise<TurnId>
	/** The texts of a history. */
	textsOf(id: ConversationId, tip?: MessageId): Promise<readonly string[] | undefined>
}

/** A new store for each test of the surrounding block. */
export function fixtureOf(open: OpenStore): StoreFixture {
	let opened: Awaited<ReturnType<OpenStore>> | undefined
	beforeEach(async () => {
		opened = await open()
	})
	afterEach(() => opened?.close())
	return {
		get store() {
			if (opened === undefined) throw new Error('the store is open during tests only')
			return opened.store
		},
		get own() {
			return this.store.in(alice)
		},
		async exchange(change, text = 'hello') {
			const begun = turn(change)
			expect(await this.own.turns.begin(begun)).toBe('begun')
			await this.own.turns.end(begun.id, ended(text))
			return begun.id
		},
		async textsOf(id, tip) {
			const end = await this.own.history.read(id, { ...everything, tip })
			return end?.messages.map(({ message }) =>
				message.content.map((part) => ('text' in part ? part.text : '')).join(''),
			)
		},
	}
}
