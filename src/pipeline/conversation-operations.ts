// Executes operations on stored conversations and turns: one entry for each. conversations/service.ts and
// turn-service.ts have the rules, and the operation itself has the writer of its result.

import { NotFound } from '../conversations/not-found.ts'
import type { ConversationService } from '../conversations/service.ts'
import type { ShareService } from '../conversations/share-service.ts'
import type { TurnId } from '../conversations/turn-id.ts'
import type { TurnService } from '../conversations/turn-service.ts'
import type { ConversationOperation, ConversationOperationType } from '../dialects/local-operation.ts'

/** The services of one caller. */
export interface ConversationServices {
	readonly conversations: ConversationService
	readonly turns: TurnService
	/** Whether a background response waits to run. */
	readonly isQueued?: ((turn: TurnId) => boolean) | undefined
	readonly shares: ShareService
}

type Execute<Type extends ConversationOperationType> = (
	operation: ConversationOperation<Type>,
	services: ConversationServices,
) => Promise<unknown>

/** @throws ChatError `not-found` if the object does not exist or belongs to another caller. */
export async function runConversationOperation<Type extends ConversationOperationType>(
	operation: ConversationOperation<Type>,
	services: ConversationServices,
): Promise<unknown> {
	const execute: Execute<Type> = operations[operation.type]
	try {
		return await execute(operation, services)
	} catch (thrown) {
		throw thrown instanceof NotFound && 'notFound' in operation ? operation.notFound(thrown.absent) : thrown
	}
}

export function isConversationOperation(operation: { readonly type: string }): operation is ConversationOperation {
	return Object.hasOwn(operations, operation.type)
}

const operations: { readonly [Type in ConversationOperationType]: Execute<Type> } = {
	async 'conversations.create'({ conversation, additions, write }, { conversations }) {
		const messages = additions.build(await conversations.lookUp(additions.lookup))
		return write(await conversations.create(conversation, messages))
	},
	'conversations.list': async ({ query, write }, { conversations }) => write(await conversations.list(query)),
	'conversations.find': async ({ id, write }, { conversations }) => write(await conversations.find(id)),
	'conversations.update': async ({ id, change, write }, { conversations }) =>
		write(await conversations.update(id, change)),
	async 'conversations.remove'({ id, write }, { conversations }) {
		await conversations.remove(id)
		return write()
	},
	'conversations.remove-all': async ({ user, write }, { conversations }) => write(await conversations.removeAll(user)),
	'conversations.export': async ({ id, write }, { conversations }) => write(await conversations.export(id)),
	async 'conversations.append'({ id, additions, addition, write }, { conversations }) {
		const messages = additions.build(await conversations.lookUp(additions.lookup))
		return write(await conversations.append(id, messages, addition))
	},
	'conversations.histories': async ({ user, write }, { conversations }) => write(await conversations.histories(user)),
	'conversations.history': async ({ id, user, write }, { conversations }) =>
		write(await conversations.history(id, user)),

	'shares.create': async ({ conversation, share, write }, { shares }) =>
		write(await shares.create(conversation, share)),
	'shares.list': async ({ conversation, write }, { shares }) => write(await shares.list(conversation)),
	async 'shares.revoke'({ conversation, id, write }, { shares }) {
		await shares.revoke(conversation, id)
		return write()
	},
	'shares.open': async ({ id, write }, { shares }) => write(await shares.open(id)),

	'messages.list': async ({ conversation, query, write }, { conversations }) =>
		write(await conversations.messages(conversation, query)),
	'messages.find': async ({ conversation, id, write }, { conversations }) =>
		write(await conversations.message(conversation, id)),
	'messages.edit': async ({ conversation, id, edit, write }, { conversations }) =>
		write(await conversations.edit(conversation, id, edit)),
	'messages.remove-from': async ({ conversation, id, write }, { conversations }) =>
		write(await conversations.removeFrom(conversation, id)),

	'turns.list': async ({ query, write }, { turns }) => write(await turns.list(query)),
	'turns.find': async ({ turn, write }, { turns, isQueued }) =>
		write({ ...(await turns.find(turn)), isQueued: isQueued?.(turn.id) }),
	'turns.inputs': async ({ turn, query, write }, { turns }) => write(await turns.inputs(turn, query)),
	async 'turns.history'({ turn: reference, query, write }, { turns }) {
		const { page, turn } = await turns.history(reference, query)
		return write(page, turn)
	},
	'turns.update': async ({ turn, metadata, write }, { turns }) => write(await turns.update(turn, metadata)),
	async 'turns.remove'({ turn, write }, { turns }) {
		await turns.remove(turn)
		return write()
	},
}
