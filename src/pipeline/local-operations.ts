// Calls that need no upstream: models, stored conversations and responses, resumed streams, keys and usage.

import { ChatError } from '../chat/error.ts'
import type { Caller, CancelCall, EntriesCall, ResumeCall, UsageCall } from '../dialects/dialect.ts'
import type { ChunkSource } from '../http/event-stream.ts'
import { type OwnKeys, ownKeys } from '../keys/own-keys.ts'
import { scopeOf } from '../keys/scope.ts'
import type { Answer } from './answer.ts'
import { describe } from './describe.ts'
import type { Parts } from './parts.ts'
import type { PlannedLocal } from './plan.ts'
import { ownOf } from './recall.ts'

/** @throws ChatError `not-found` if the object does not exist or belongs to another caller. */
export async function runLocalOperation(planned: PlannedLocal, parts: Parts): Promise<Answer> {
	const { call, deployment, target } = planned
	const { status = 200 } = target.route
	const json = (body: unknown): Answer => ({ type: 'json', status, body })
	switch (call.type) {
		case 'list-models':
			return json(call.write(deployment.models.all.map((model) => describe(model, deployment, parts))))
		case 'show-model': {
			const model = deployment.models.find(call.name)
			planned.observer.observe({ type: 'planned', model: model.name })
			return json(call.write(describe(model, deployment, parts)))
		}
		case 'stored':
			return json(await call.answer(ownOf(planned, parts), { nowMs: parts.clock.now(), process: parts.process }))
		case 'resume':
			return resume(call, planned, parts)
		case 'cancel':
			return json(await cancel(call, planned, parts))
		case 'who':
			return json(call.write(callerOf(planned)))
		case 'constant':
			return json(call.answer)
		case 'usage':
			return json(await usageOf(call, planned, parts))
		case 'entries':
			return json(await usageEntriesOf(call, planned, parts))
		case 'keys':
			return json(await call.answer(ownKeysOf(planned, parts), { nowMs: parts.clock.now() }))
	}
}

async function resume(
	{ turn, after, missing }: ResumeCall,
	{ key }: PlannedLocal,
	{ streams }: Parts,
): Promise<Answer> {
	const pieces = key === undefined ? undefined : await streams?.read(scopeOf(key), turn, after)
	if (pieces === undefined) throw missing()
	return { type: 'stream', headers: { 'x-dragoman-stream': turn }, open: (ended) => new WatchedChunks(pieces, ended) }
}

async function cancel({ turn, answer, missing }: CancelCall, planned: PlannedLocal, parts: Parts): Promise<unknown> {
	const own = ownOf(planned, parts)
	const { key } = planned
	const known = await own.turns.find(turn)
	if (known === undefined || key === undefined) throw missing()
	if (known.state === 'running' && (await parts.streams?.cancel(scopeOf(key), turn)) === true)
		await parts.streams?.ended(scopeOf(key), turn)
	return answer(own)
}

function callerOf({ key }: PlannedLocal): Caller {
	if (key === undefined) throw new ChatError('unsupported', 'Authentication is disabled on this server.')
	const { id, name, role, tenant, owner, createdAtMs, expiresAtMs } = key
	return { id, name, role, tenant, owner, createdAtMs, expiresAtMs }
}

/** Callers without the role admin get their own usage only. */
async function usageOf(
	{ query, own, write }: UsageCall,
	{ key }: PlannedLocal,
	{ usage, clock }: Parts,
): Promise<unknown> {
	if (usage === undefined || key === undefined) throw usageDisabled()
	const seesAll = key.role === 'admin' && own !== true
	return write(await usage(seesAll ? query : { ...query, ...scopeOf(key) }), clock.now())
}

async function usageEntriesOf({ query, write }: EntriesCall, planned: PlannedLocal, parts: Parts): Promise<unknown> {
	const { key } = planned
	if (parts.entries === undefined || key === undefined) throw usageDisabled()
	const [page, keys] = await Promise.all([
		parts.entries({ ...query(parts.clock.now()), ...scopeOf(key) }),
		ownKeysOf(planned, parts).list(),
	])
	const keyNames = new Map([key, ...keys].map(({ id, name }) => [id, name]))
	return write({ ...page, keyNames, owner: key.owner })
}

function usageDisabled(): ChatError {
	return new ChatError('unsupported', 'Usage tracking is disabled on this server.')
}

function ownKeysOf({ key }: PlannedLocal, { keys, clock }: Parts): OwnKeys {
	if (keys === undefined || key === undefined)
		throw new ChatError('unsupported', 'Authentication is disabled on this server: it has no keys.')
	return ownKeys(keys, key, clock.now())
}

/** Reports whether its reader disconnected. */
export class WatchedChunks implements ChunkSource {
	private readonly pieces: ChunkSource
	private readonly ended: (left: boolean) => void
	private over = false

	constructor(pieces: ChunkSource, ended: (left: boolean) => void) {
		this.pieces = pieces
		this.ended = ended
	}

	async next(): Promise<string | undefined> {
		const text = await this.pieces.next()
		if (text === undefined) this.end(false)
		return text
	}

	cancel(): void {
		this.pieces.cancel()
		this.end(true)
	}

	interrupt(): string {
		const text = this.pieces.interrupt()
		this.end(false)
		return text
	}

	private end(left: boolean): void {
		if (this.over) return
		this.over = true
		this.ended(left)
	}
}
