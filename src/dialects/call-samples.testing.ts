// A sample result for every kind of call, given to the writer of the call: for tests of dialects.

import type { Conversation, StoredMessage, Turn } from '../conversations/conversation.ts'
import { conversationId } from '../conversations/conversation-id.ts'
import { answerId, inputId } from '../conversations/message-id.ts'
import { shareId } from '../conversations/share-id.ts'
import type { Share } from '../conversations/shares.ts'
import { turnId } from '../conversations/turn-id.ts'
import type { AnsweredTurn } from '../conversations/turn-service.ts'
import { keyId } from '../keys/key-id.ts'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import type { UsageSum } from '../ledger/usage-query.ts'
import type { Call } from './dialect.ts'
import type { Caller, ListedModel } from './local-operation.ts'
import type { ResponseContext } from './writer.ts'

const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0, source: 'upstream' } as const
const id = turnId('0193a0000000700080000000000000ab')
const conversation: Conversation = {
	id: conversationId('91d4ed10-9ba4-409c-8c15-01548f7f8a68'),
	metadata: { a: 'b' },
	listed: true,
	createdAtMs: 1000,
	updatedAtMs: 2000,
}
const message: StoredMessage = {
	id: answerId(id, 0),
	conversation: conversation.id,
	turn: id,
	depth: 1,
	message: { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
	partial: false,
	createdAtMs: 2000,
}
const share: Share = {
	id: shareId('0'.repeat(32)),
	conversation: message.conversation,
	tip: message.id,
	files: false,
	createdAtMs: 1000,
}

const turn: Turn = {
	id,
	conversation: conversation.id,
	surface: 'chat',
	stored: true,
	state: 'completed',
	model: 'small',
	inputs: [inputId(id, 0)],
	answers: [{ message: message.id, finishReason: 'stop' }],
	usage,
	metadata: {},
	echo: {},
	createdAtMs: 1000,
	endedAtMs: 2000,
}
const answered: AnsweredTurn = { turn, answers: [message] }
const model: ListedModel = {
	name: 'small',
	aliases: ['s'],
	type: 'text-generation',
	ownedBy: 'me',
	created: 1,
	health: 'good',
	local: true,
	capabilities: ['images', 'tools'],
	speed: 45.2,
	contextTokens: 100,
}
const sum: UsageSum = {
	group: { day: '2027-01-31', operation: 'chat' },
	requests: 1,
	promptTokens: 3,
	cachedTokens: 0,
	completionTokens: 2,
	reasoningTokens: 0,
	costMicros: 5,
	currency: 'EUR',
}
const entry: LedgerEntry = {
	...{
		id,
		tenant: 't',
		owner: 'o',
		key: 'key_1',
		model: 'small',
		upstream: 'u',
		operation: 'chat',
		dialect: 'd',
	},
	...{ outcome: 'completed', openedAtMs: 1000, settledAtMs: 2000, source: 'upstream', costMicros: 5, currency: 'EUR' },
	...{ promptTokens: 3, cachedTokens: 0, completionTokens: 2, reasoningTokens: 0 },
}
const key = {
	...{ id: keyId('key_1'), name: 'k', prefix: 'dgm-123', createdAtMs: 1000, expiresAtMs: null },
	state: 'active',
	parent: null,
} as const
const lastDays = new Map([[key.id, '2026-11-28']])
const caller: Caller = {
	...{ id: 'key_1', name: 'k', tenant: 't', owner: 'o', createdAtMs: 1000, expiresAtMs: null },
	role: 'user',
}

async function* batch<Item>(...items: readonly Item[]): AsyncGenerator<readonly Item[]> {
	yield items
}

/**
 * What the call writes for a sample result; for chat and text completions, whose answers have tests of their own, the
 * call itself.
 */
export function writeSample(call: Call, context: ResponseContext): unknown {
	switch (call.type) {
		case 'chat':
		case 'complete':
			return { type: call.type, request: call.request }
		case 'embed':
			return call.write({ vectors: call.request.inputs.map(() => new Float32Array([0.5, -0.5])), usage }, context)
		case 'rerank':
			return call.write({ results: [{ index: 0, score: 0.5 }], usage }, context)
		case 'transcribe':
			return call.write({ text: 'hello', details: {}, usage }, context)
		case 'tokenize':
			return call.write({ ids: [1], texts: ['a'] }, context)
		case 'detokenize':
			return call.write('a', context)
		case 'count':
			return call.write(3)
		case 'models.list':
			return call.write([model])
		case 'models.find':
			return call.write(model)
		case 'conversations.list':
			return call.write({ items: [conversation], more: false })
		case 'conversations.create':
		case 'conversations.find':
		case 'conversations.update':
		case 'messages.edit':
		case 'messages.remove-from':
			return call.write(conversation)
		case 'conversations.remove':
		case 'turns.remove':
			return call.write()
		case 'conversations.remove-all':
			return call.write(1)
		case 'conversations.export':
			return call.write({ conversation, messages: batch({ ...message, json: '{}' }), turns: batch(turn) })
		case 'conversations.append':
			return call.write([message])
		case 'conversations.histories':
			return call.write([{ conversation, messages: [message] }])
		case 'conversations.history':
			return call.write({ conversation, messages: [message] })
		case 'shares.create':
			return call.write(share)
		case 'shares.list':
			return call.write([share])
		case 'shares.revoke':
			return call.write()
		case 'shares.open':
			return call.write({ share, title: 'Rome', messages: [{ ...message, model: 'm' }] })
		case 'messages.list':
			return call.write({ items: [message], more: false })
		case 'messages.find':
			return call.write(message)
		case 'turns.list':
			return call.write({ items: [answered], more: false })
		case 'turns.find':
		case 'turns.update':
			return call.write(answered)
		case 'turns.cancel':
			return call.write({ ...answered, turn: { ...turn, echo: { background: true } } })
		case 'turns.inputs':
			return call.write({ items: [message], more: false })
		case 'turns.history':
			return call.write({ items: [message], more: false }, turn)
		case 'streams.read':
			return call.notFound('turn').message
		case 'usage.sum':
			return call.write([sum], 2000)
		case 'usage.records':
			return call.write({
				entries: [entry],
				sum: { entries: 1, promptTokens: 3, completionTokens: 2, costMicros: 5 },
				keyNames: new Map([['key_1', 'k']]),
				owner: 'o',
			})
		case 'keys.create':
			return call.write({ key, secret: 'dgm-secret' })
		case 'keys.list':
			return call.write({ keys: [key], total: 1, lastDays, mayCreate: true })
		case 'keys.find':
			return call.write(key, lastDays)
		case 'keys.revoke':
			return call.write({ key, descendants: 1 })
		case 'caller.show':
			return call.write(caller)
		case 'constant':
			return call.answer
		default:
			return call satisfies never
	}
}
