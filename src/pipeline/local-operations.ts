// Executes operations that need no upstream: on models, stored streams, keys and usage, with one entry for each
// operation, and on stored conversations (conversation-operations.ts). The domain folders have the rules, and the
// operation itself has the writer of its result.

import { ChatError } from '../chat/error.ts'
import { isObject } from '../chat/json.ts'
import { encodeJsonInSteps } from '../chat/json-text.ts'
import { ConversationService } from '../conversations/service.ts'
import { ShareService } from '../conversations/share-service.ts'
import { TurnService } from '../conversations/turn-service.ts'
import type { OtherOperation, OtherOperationType } from '../dialects/local-operation.ts'
import { JsonPieces, TextBody, WrittenJson } from '../dialects/writer.ts'
import type { Key } from '../keys/key.ts'
import { scopeOf } from '../keys/scope.ts'
import { KeyService } from '../keys/service.ts'
import type { StoredStreams } from '../streams/stored-streams.ts'
import type { Answer } from './answer.ts'
import { callerOf } from './caller-path.ts'
import {
	type ConversationServices,
	isConversationOperation,
	runConversationOperation,
} from './conversation-operations.ts'
import { describe } from './describe.ts'
import { streamJson } from './json-stream.ts'
import type { PlannedLocal } from './plan.ts'
import { withQueueNotes } from './queue-notes.ts'
import { conversationsOf } from './recall.ts'
import type { CallerStorage, Serving } from './serving.ts'
import { WatchedChunks } from './watched-chunks.ts'

type ExecuteLocal<Type extends OtherOperationType> = (operation: OtherOperation<Type>, context: Context) => unknown

/** How long a cancelled answer may take to end, in milliseconds. Then its turn ends without it. */
const longestStopMs = 3000

/** @throws ChatError `not-found` if the object does not exist or belongs to another caller. */
export async function runLocalOperation(planned: PlannedLocal, serving: Serving): Promise<Answer> {
	const { call, target } = planned
	const context = new Context(planned, serving)
	const result = isConversationOperation(call)
		? await runConversationOperation(call, context.services)
		: await execute(call, context)
	if (result instanceof StreamResult) return result.answer
	if (result instanceof JsonPieces) return streamJson(result, serving.log)
	return { type: 'json', status: target.route.status ?? 200, body: await written(result, context) }
}

/** A long result is written in the turns of its caller. */
function written(result: unknown, { planned: { key }, serving: { occupancy } }: Context): unknown {
	if (!isObject(result) || result instanceof TextBody) return result
	const steps = encodeJsonInSteps(result)
	const first = steps.next()
	return first.done === true ? new WrittenJson(first.value) : occupancy.run(callerOf(key), encoded(steps))
}

function* encoded(
	steps: Generator<undefined, readonly Uint8Array[], undefined>,
): Generator<undefined, WrittenJson, undefined> {
	return new WrittenJson(yield* steps)
}

function execute<Type extends OtherOperationType>(operation: OtherOperation<Type>, context: Context): unknown {
	const execute: ExecuteLocal<Type> = operations[operation.type]
	return execute(operation, context)
}

const operations: { readonly [Type in OtherOperationType]: ExecuteLocal<Type> } = {
	'models.list': ({ write }, { planned: { deployment }, serving }) =>
		write(deployment.models.listed.map((model) => describe(model, deployment, serving))),
	'models.find'({ name, write }, { planned: { deployment, observer }, serving }) {
		const model = deployment.models.find(name)
		observer.observe({ type: 'planned', model: model.name })
		return write(describe(model, deployment, serving))
	},

	async 'turns.cancel'({ turn, check, notFound, write }, { services, scope, streams, nowMs }) {
		const find = { type: 'turns.find', turn, notFound } as const
		await runConversationOperation({ ...find, write: (found) => check(found.turn) }, services)
		if ((await services.turns.isRunning(turn.id)) === true) {
			// In a process with the same data folder, the answer ends with what it has.
			if ((await streams?.cancel(scope, turn.id)) === true) await streams?.ended(scope, turn.id, longestStopMs)
			if ((await services.turns.isRunning(turn.id)) === true) await services.turns.cancel(turn.id, nowMs)
		}
		return runConversationOperation({ ...find, write }, services)
	},

	async 'streams.read'({ turn, after, notFound }, { planned: { key, target }, serving, streams }) {
		const chunks = key === undefined ? undefined : await streams?.read(scopeOf(key), turn, after)
		if (chunks === undefined) throw notFound('turn')
		return new StreamResult({
			type: 'stream',
			headers: { 'x-dragoman-stream': turn },
			open: (ended) => new WatchedChunks(withQueueNotes(chunks, turn, target, serving), ended),
		})
	},

	// Callers without the role admin get their own usage only.
	async 'usage.sum'({ query, own, write }, { planned: { key }, serving: { storage }, nowMs }) {
		if (storage === undefined || key === undefined) throw usageDisabled()
		const seesAll = key.role === 'admin' && own !== true
		return write(await storage.usage(seesAll ? query : { ...query, ...scopeOf(key) }), nowMs)
	},
	async 'usage.records'({ query, write }, context) {
		const { key } = context.planned
		const { storage } = context.serving
		if (storage === undefined || key === undefined) throw usageDisabled()
		const { fromMs, defaultRangeMs, untilMs, ...selection } = query
		const range = {
			fromMs: fromMs ?? context.nowMs - defaultRangeMs,
			// The current millisecond is included.
			untilMs: untilMs ?? context.nowMs + 1,
		}
		const [page, keys] = await Promise.all([
			storage.entries({ ...selection, ...range, ...scopeOf(key) }),
			context.keys.all(),
		])
		const keyNames = new Map([key, ...keys].map(({ id, name }) => [id, name]))
		return write({ ...page, keyNames, owner: key.owner })
	},

	'keys.create': async ({ name, expiresAtMs, write }, { keys }) => write(await keys.create({ name, expiresAtMs })),
	async 'keys.list'({ query, write }, { keys, storage, scope }) {
		const [page, lastDays] = await Promise.all([keys.list(query), storage?.lastDays(scope)])
		return write({ ...page, lastDays, mayCreate: keys.mayCreate })
	},
	async 'keys.find'({ id, write }, { keys, storage, scope }) {
		const [key, lastDays] = await Promise.all([keys.find(id), storage?.lastDays(scope)])
		return write(key, lastDays)
	},
	'keys.revoke': async ({ id, write }, { keys }) => write(await keys.revoke(id)),

	'caller.show'({ write }, { key }) {
		const { id, name, role, tenant, owner, createdAtMs, expiresAtMs } = key
		return write({ id, name, role, tenant, owner, createdAtMs, expiresAtMs })
	},
	constant: ({ answer }) => answer,
}

/** A result that is not the body of a JSON response. */
class StreamResult {
	readonly answer: Answer

	constructor(answer: Answer) {
		this.answer = answer
	}
}

/** The services that operations use. Each one throws ChatError `unsupported` if this server does not have it. */
class Context {
	readonly planned: PlannedLocal
	readonly serving: Serving
	readonly nowMs: number

	constructor(planned: PlannedLocal, serving: Serving) {
		this.planned = planned
		this.serving = serving
		this.nowMs = serving.clock.now()
	}

	get services(): ConversationServices {
		const { own, process } = conversationsOf(this.planned, this.serving)
		return {
			conversations: new ConversationService(own, { nowMs: this.nowMs, process }),
			turns: new TurnService(own),
			isQueued: (turn) => this.serving.backgroundCalls?.isQueued(turn) === true,
			shares: new ShareService(own, this.nowMs),
		}
	}

	get keys(): KeyService {
		const { keys } = this.serving
		const { key } = this.planned
		if (keys === undefined || key === undefined)
			throw new ChatError('unsupported', 'Authentication is disabled on this server: it has no keys.')
		return new KeyService(keys.store, key, this.nowMs, keys.rules)
	}

	get storage(): CallerStorage | undefined {
		return this.serving.storage
	}

	/** Undefined if streams end when their client disconnects. */
	get streams(): StoredStreams | undefined {
		return this.storage?.streams
	}

	/** The caller's key. */
	get key(): Key {
		const { key } = this.planned
		if (key === undefined) throw new ChatError('unsupported', 'Authentication is disabled on this server.')
		return key
	}

	get scope() {
		return scopeOf(this.key)
	}
}

function usageDisabled(): ChatError {
	return new ChatError('unsupported', 'Usage tracking is disabled on this server.')
}
