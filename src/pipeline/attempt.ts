// Asks the upstreams of a route, one after the other, until one begins to answer. The only place that tries again; what may be tried
// again is decided by what a failure proves was sent.

import { randomBytes } from 'node:crypto'
import { collect } from '../chat/collect.ts'
import { asChatError, ChatError, type ChatErrorKind } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AnswerIdentity, AnswerWriter, ListedModel } from '../dialects/dialect.ts'
import type { EngineCall, Operation } from '../engines/engine.ts'
import type { Model } from '../models/model.ts'
import type { Parts, Upstream } from './parts.ts'
import type { ModelCall, Planned } from './plan.ts'

export type Answer =
	| { readonly type: 'json'; readonly body: unknown }
	/** Server-sent events. The pieces never throw: what goes wrong is written as the last of them. */
	| { readonly type: 'stream'; readonly pieces: AsyncIterable<string> }

/** @throws ChatError why the last upstream could not begin to answer. */
export async function attempt(planned: Planned, parts: Parts): Promise<Answer> {
	switch (planned.type) {
		case 'list-models':
			return { type: 'json', body: planned.call.write(planned.models.map((model) => describe(model, parts))) }
		case 'show-model':
			return { type: 'json', body: planned.call.write(describe(planned.model, parts)) }
		case 'model':
			return callModel(planned.call, planned.model, planned.received.id, planned.received.signal, parts)
	}
}

async function callModel(
	call: ModelCall,
	model: Model,
	requestId: string,
	signal: AbortSignal,
	parts: Parts,
): Promise<Answer> {
	const identity: AnswerIdentity = {
		token: newToken(),
		created: Math.floor(parts.clock.now() / 1000),
		model: model.name,
	}
	const engineCall = (upstream: Upstream): EngineCall => ({ signal, model: upstream.model ?? model.name, requestId })
	switch (call.type) {
		case 'embed': {
			const embeddings = await firstOf(model, 'embed', parts, (upstream) =>
				upstream.engine.embed(call.request, engineCall(upstream)),
			)
			return { type: 'json', body: call.write(embeddings, identity) }
		}
		case 'chat': {
			const events = await firstOf(model, 'chat', parts, (upstream) =>
				upstream.engine.chat(call.request, engineCall(upstream)),
			)
			return deliver(events, call.stream, call.writer, identity)
		}
		case 'complete': {
			const events = await firstOf(model, 'complete', parts, (upstream) =>
				upstream.engine.complete(call.request, engineCall(upstream)),
			)
			return deliver(events, call.stream, call.writer, identity)
		}
	}
}

async function deliver(
	events: AsyncIterable<ChatEvent>,
	stream: boolean,
	writer: AnswerWriter,
	identity: AnswerIdentity,
): Promise<Answer> {
	if (stream) return { type: 'stream', pieces: writePieces(events, writer, identity) }
	return { type: 'json', body: writer.completion(await collect(events), identity) }
}

/** Every event written, and an end that says so even where the engine broke its promise of one. */
async function* writePieces(
	events: AsyncIterable<ChatEvent>,
	writer: AnswerWriter,
	identity: AnswerIdentity,
): AsyncGenerator<string> {
	const stream = writer.stream(identity)
	try {
		for await (const event of events) {
			yield stream.write(event)
			if (event.type === 'finish' || event.type === 'error') return
		}
	} catch (thrown) {
		yield stream.write({ type: 'error', error: asChatError(thrown) })
		return
	}
	yield stream.write({
		type: 'error',
		error: new ChatError('upstream-failed', 'The model stopped answering before its answer was complete.', {
			sent: 'yes',
		}),
	})
}

/** Failures that say something about the upstream rather than about the request. */
const elsewhere: ReadonlySet<ChatErrorKind> = new Set([
	'overloaded',
	'unavailable',
	'rate-limited',
	'upstream-timeout',
	'upstream-failed',
])

async function firstOf<Result>(
	model: Model,
	operation: Operation,
	parts: Parts,
	ask: (upstream: Upstream) => Promise<Result>,
): Promise<Result> {
	let last: ChatError | undefined
	for (const name of model.route) {
		const upstream = parts.upstreams.get(name)
		if (upstream === undefined) continue
		try {
			expectOperation(upstream, operation)
			return await ask(upstream)
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
