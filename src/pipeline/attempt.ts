// A planned call carried out: an upstream is found that answers, and its answer is handed to whoever writes it.

import { randomUUID } from 'node:crypto'
import type { Completion } from '../chat/completion.ts'
import { asChatError, ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { AnswerIdentity, AnswerWriter, ListedModel } from '../dialects/dialect.ts'
import { arrivalsOf, wholeOf } from '../engines/arrivals.ts'
import type { EngineCall, Operation } from '../engines/engine.ts'
import type { Pieces } from '../http/event-stream.ts'
import type { Model } from '../models/model.ts'
import { affinityKey } from '../routing/affinity-key.ts'
import type { RequestRecord } from '../telemetry/telemetry.ts'
import type { Clock } from '../time/clock.ts'
import { deliverPieces, deliverWhole } from './delivery.ts'
import { type Answered, failOver } from './fail-over.ts'
import type { Deployment, Parts, Upstream } from './parts.ts'
import type { ModelCall, Planned } from './plan.ts'

export type Answer =
	| { readonly type: 'json'; readonly body: unknown }
	/** Server-sent events; what goes wrong is written as the last of them. `ended` is told when nothing more will come. */
	| { readonly type: 'stream'; readonly open: (ended: (left: boolean) => void) => Pieces }

/** @throws ChatError why no upstream could begin to answer. */
export async function attempt(planned: Planned, parts: Parts): Promise<Answer> {
	const { deployment } = planned
	switch (planned.type) {
		case 'list-models':
			return {
				type: 'json',
				body: planned.call.write(deployment.models.all.map((model) => describe(model, deployment, parts))),
			}
		case 'show-model':
			return { type: 'json', body: planned.call.write(describe(planned.model, deployment, parts)) }
		case 'model':
			return callModel(planned.call, planned, parts)
	}
}

async function callModel(call: ModelCall, planned: Planned & { readonly model: Model }, parts: Parts): Promise<Answer> {
	const identity: AnswerIdentity = {
		token: newToken(),
		created: Math.floor(parts.clock.now() / 1000),
		model: planned.model.name,
	}
	switch (call.type) {
		case 'embed': {
			const { result, lease } = await ask(call, planned, parts, ({ engine }, its) => engine.embed(call.request, its))
			lease.end()
			planned.record.usage = result.usage
			return { type: 'json', body: call.write(result, identity) }
		}
		case 'chat': {
			const answered = await ask(call, planned, parts, ({ engine }, its) => engine.chat(call.request, its))
			return deliver(answered, call, identity, planned.record, parts)
		}
		case 'complete': {
			const answered = await ask(call, planned, parts, ({ engine }, its) => engine.complete(call.request, its))
			return deliver(answered, call, identity, planned.record, parts)
		}
	}
}

async function ask<Result>(
	call: ModelCall,
	{ model, received, record, deployment }: Planned & { readonly model: Model },
	parts: Parts,
	send: (upstream: Upstream, its: EngineCall) => Promise<Result>,
): Promise<Answered<Result>> {
	const whole = call.type === 'embed' || !call.stream
	return failOver(
		{
			route: deployment.routeOf(model),
			hint: { affinity: () => (call.type === 'chat' ? affinityKey(call.request) : received.id) },
			signal: received.signal,
			record,
			async ask(place, headers) {
				const upstream = deployment.upstreamAt(place)
				expectOperation(upstream, call.type)
				const its = {
					signal: received.signal,
					model: upstream.model ?? model.name,
					requestId: received.id,
					whole,
					headers,
				}
				return send(upstream, its)
			},
		},
		parts,
	)
}

async function deliver(
	{ result, lease }: Answered<AsyncIterable<ChatEvent>>,
	{ stream, writer }: { readonly stream: boolean; readonly writer: AnswerWriter },
	identity: AnswerIdentity,
	record: RequestRecord,
	{ clock, tellsContent }: Parts,
): Promise<Answer> {
	const watch = (event: ChatEvent) => {
		note(event, record, clock)
		if (tellsContent && event.type === 'text') record.answer = `${record.answer ?? ''}${event.text}`
	}
	const arrivals = arrivalsOf(result)
	if (stream)
		return {
			type: 'stream',
			open: (ended) =>
				deliverPieces(arrivals, writer, identity, watch, (left) => {
					lease.end(left ? hungUp() : record.error)
					ended(left)
				}),
		}
	try {
		const whole = wholeOf(result)
		if (whole !== undefined) {
			noteWhole(whole.completion, record, clock, tellsContent)
			lease.end()
			return { type: 'json', body: writer.completion(whole.completion, identity, whole.source) }
		}
		const body = await deliverWhole(arrivals, writer, identity, watch)
		lease.end()
		return { type: 'json', body }
	} catch (thrown) {
		lease.end(asChatError(thrown))
		throw thrown
	}
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
			if (event.error.kind !== 'cancelled') record.error = event.error
			if (event.usage !== undefined) record.usage = event.usage
	}
}

function noteWhole({ choices, usage }: Completion, record: RequestRecord, clock: Clock, tellsContent: boolean): void {
	record.piece(clock.now())
	const [choice] = choices
	if (choice !== undefined) record.finishReason = choice.finishReason
	record.usage = usage
	if (tellsContent && choice !== undefined) record.answer = choice.text
}

function hungUp(): ChatError {
	return new ChatError('cancelled', 'The request was cancelled.')
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

function describe(model: Model, deployment: Deployment, parts: Parts): ListedModel {
	const states = deployment.routeOf(model).members.map(({ place }) => deployment.upstreamAt(place).engine.state())
	const contextTokens = model.contextTokens ?? states.find((state) => state.contextTokens !== undefined)?.contextTokens
	const note = states.find((state) => state.note !== undefined)?.note
	return {
		...model,
		created: parts.startedAt,
		...(contextTokens === undefined ? {} : { contextTokens }),
		...(note === undefined ? {} : { note }),
	}
}

/** 29 characters, as OpenAI's ids have. */
function newToken(): string {
	return randomUUID().replaceAll('-', '').slice(0, 29)
}
