// Asks the upstreams of a route, one after the other, until one begins to answer. The only place that tries again; what may be tried
// again is decided by what a failure proves was sent.

import { randomBytes } from 'node:crypto'
import { asChatError, ChatError, type ChatErrorKind } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AnswerIdentity, AnswerWriter, ListedModel } from '../dialects/dialect.ts'
import { arrivalsOf } from '../engines/arrivals.ts'
import type { EngineCall, Operation } from '../engines/engine.ts'
import type { Pieces } from '../http/event-stream.ts'
import type { Model } from '../models/model.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import type { Clock } from '../time/clock.ts'
import { deliverPieces, deliverWhole } from './delivery.ts'
import type { Parts, Upstream } from './parts.ts'
import type { ModelCall, Planned } from './plan.ts'

export type Answer =
	| { readonly type: 'json'; readonly body: unknown }
	/** Server-sent events; what goes wrong is written as the last of them. `ended` is told when nothing more will come. */
	| { readonly type: 'stream'; readonly open: (ended: (left: boolean) => void) => Pieces }

/** @throws ChatError why no upstream could begin to answer. */
export async function attempt(planned: Planned, parts: Parts): Promise<Answer> {
	switch (planned.type) {
		case 'list-models':
			return { type: 'json', body: planned.call.write(planned.models.map((model) => describe(model, parts))) }
		case 'show-model':
			return { type: 'json', body: planned.call.write(describe(planned.model, parts)) }
		case 'model':
			return callModel(planned.call, planned, parts)
	}
}

async function callModel(
	call: ModelCall,
	{ model, received, record }: Planned & { readonly model: Model },
	parts: Parts,
): Promise<Answer> {
	const identity: AnswerIdentity = {
		token: newToken(),
		created: Math.floor(parts.clock.now() / 1000),
		model: model.name,
	}
	const whole = call.type === 'embed' || !call.stream
	const engineCall = (upstream: Upstream, headers: Readonly<Record<string, string>>): EngineCall => ({
		signal: received.signal,
		model: upstream.model ?? model.name,
		requestId: received.id,
		whole,
		headers,
	})
	const asking = { model, operation: call.type, record }
	switch (call.type) {
		case 'embed': {
			const embeddings = await firstOf(asking, parts, (upstream, headers) =>
				upstream.engine.embed(call.request, engineCall(upstream, headers)),
			)
			return { type: 'json', body: call.write(embeddings, identity) }
		}
		case 'chat': {
			const events = await firstOf(asking, parts, (upstream, headers) =>
				upstream.engine.chat(call.request, engineCall(upstream, headers)),
			)
			return deliver(events, call, identity, record, parts)
		}
		case 'complete': {
			const events = await firstOf(asking, parts, (upstream, headers) =>
				upstream.engine.complete(call.request, engineCall(upstream, headers)),
			)
			return deliver(events, call, identity, record, parts)
		}
	}
}

async function deliver(
	events: AsyncIterable<ChatEvent>,
	{ stream, writer }: { readonly stream: boolean; readonly writer: AnswerWriter },
	identity: AnswerIdentity,
	record: RequestRecord,
	{ clock }: Parts,
): Promise<Answer> {
	const watch = (event: ChatEvent) => note(event, record, clock)
	const arrivals = arrivalsOf(events)
	if (!stream) return { type: 'json', body: await deliverWhole(arrivals, writer, identity, watch) }
	return { type: 'stream', open: (ended) => deliverPieces(arrivals, writer, identity, watch, ended) }
}

/** What telemetry is told of an answer. */
function note(event: ChatEvent, record: RequestRecord, clock: Clock): void {
	switch (event.type) {
		case 'start':
			return
		case 'text':
		case 'reasoning':
		case 'refusal':
		case 'tool-call':
		case 'tool-arguments':
			record.piece(clock.now())
			return
		case 'choice-finish':
			record.finishReason ??= event.reason
			return
		case 'finish':
			record.usage = event.usage
			return
		case 'error':
			record.error = event.error
			if (event.usage !== undefined) record.usage = event.usage
	}
}

/** Failures that say something about the upstream rather than about the request. */
const elsewhere: ReadonlySet<ChatErrorKind> = new Set([
	'overloaded',
	'unavailable',
	'rate-limited',
	'upstream-timeout',
	'upstream-failed',
])

interface Asking {
	readonly model: Model
	readonly operation: Operation
	readonly record: RequestRecord
}

async function firstOf<Result>(
	{ model, operation, record }: Asking,
	parts: Parts,
	ask: (upstream: Upstream, headers: Readonly<Record<string, string>>) => Promise<Result>,
): Promise<Result> {
	let last: ChatError | undefined
	for (const name of model.route) {
		const upstream = parts.upstreams.get(name)
		if (upstream === undefined) continue
		try {
			expectOperation(upstream, operation)
			const { traceHeaders } = record.attempt(name, parts.clock.now())
			const result = await ask(upstream, traceHeaders)
			record.upstream = name
			return result
		} catch (thrown) {
			last = asChatError(thrown)
			if (last.sent !== 'nothing' || !elsewhere.has(last.kind)) throw last
		}
	}
	throw last ?? new ChatError('unavailable', `No upstream of the model '${model.name}' can answer.`)
}

/** A model that cannot do what is asked says what it can, in the words OpenAI's clients know. */
function expectOperation(upstream: Upstream, operation: Operation): void {
	const { operations } = upstream.engine.state()
	if (operations.length === 0 || operations.includes(operation)) return
	throw new ChatError('wrong-operation', wrongOperation[operation](operations.includes('chat')), { param: 'model' })
}

const wrongOperation: Readonly<Record<Operation, (isChatModel: boolean) => string>> = {
	complete: () =>
		'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
	chat: () =>
		'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
	embed: (isChatModel) =>
		`This is ${isChatModel ? 'a chat' : 'no embedding'} model and not supported in the v1/embeddings endpoint.`,
}

function describe(model: Model, parts: Parts): ListedModel {
	const states = model.route.flatMap((name) => parts.upstreams.get(name)?.engine.state() ?? [])
	const contextTokens = model.contextTokens ?? states.find((state) => state.contextTokens !== undefined)?.contextTokens
	const note = states.find((state) => state.note !== undefined)?.note
	return {
		...model,
		created: parts.startedAt,
		...(contextTokens === undefined ? {} : { contextTokens }),
		...(note === undefined ? {} : { note }),
	}
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 29 characters, as OpenAI's ids have. */
function newToken(): string {
	let token = ''
	for (const byte of randomBytes(29)) token += alphabet[byte % alphabet.length]
	return token
}
