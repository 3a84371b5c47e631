// A planned call carried out: an upstream is found that answers, and its answer is handed to whoever writes it.

import { asChatError, ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import { writeConversationId } from '../conversations/conversation-id.ts'
import type { AnswerIdentity, ChatCall, CountCall, EmbeddingCall, TextCompletionCall } from '../dialects/dialect.ts'
import { arrivalsOf, wholeOf } from '../engines/arrivals.ts'
import type { EngineCall, Operation } from '../engines/engine.ts'
import { affinityKey } from '../routing/affinity-key.ts'
import type { Admitted } from './admit.ts'
import type { Answer } from './answer.ts'
import { counterFor, countPrompt } from './count.ts'
import { deliverWhole, WrittenPieces, withUsage } from './delivery.ts'
import { answerDetached, isDetached } from './detached.ts'
import { type Answered, failOver } from './fail-over.ts'
import { notKept, OpenAnswer } from './open-answer.ts'
import type { Parts, Upstream } from './parts.ts'
import type { ModelCall } from './plan.ts'

/** Calls that are answered in events. */
export type StreamedCall = ChatCall | TextCompletionCall

/** @throws ChatError why no upstream could begin to answer. */
export async function attempt(admitted: Admitted, parts: Parts): Promise<Answer> {
	const { call } = admitted
	switch (call.type) {
		case 'embed':
			return embed({ ...admitted, call }, parts)
		case 'count':
			return count({ ...admitted, call }, parts)
		case 'chat':
		case 'complete': {
			const asked = { ...admitted, call }
			return isDetached(asked, parts) ? answerDetached(asked, parts) : stream(asked, parts)
		}
	}
}

/** Nothing was answered, so nothing is owed. */
export function settleFailure({ ticket }: Admitted, thrown: unknown, { clock, outstanding }: Parts): void {
	if (ticket === undefined) return
	const outcome = asChatError(thrown).kind === 'cancelled' ? 'cancelled' : 'failed'
	outstanding.add(ticket.settle({ outcome, settledAtMs: clock.now() }), 'settling a failure')
}

async function embed(admitted: Admitted<EmbeddingCall>, parts: Parts): Promise<Answer> {
	const { call, record, ticket, received } = admitted
	const asked = ask(admitted, received.signal, parts, ({ engine }, its) => engine.embed(call.request, its))
	asked.catch((thrown: unknown) => settleFailure(admitted, thrown, parts))
	const { result, lease } = await asked
	lease.end()
	record.usage = result.usage
	await ticket?.settle({
		outcome: 'completed',
		...(record.upstream === undefined ? {} : { upstream: record.upstream }),
		usage: result.usage,
		settledAtMs: parts.clock.now(),
	})
	return { type: 'json', body: call.write(result, identify(admitted, parts)) }
}

async function count(admitted: Admitted<CountCall>, parts: Parts): Promise<Answer> {
	const { call, received } = admitted
	const { result, lease } = await ask(admitted, received.signal, parts, ({ engine }, its) =>
		engine.count === undefined ? countPrompt(admitted.model, call.request, parts) : engine.count(call.request, its),
	)
	lease.end()
	return { type: 'json', body: call.write(result) }
}

/** The answer lives as long as its client's connection. */
async function stream(admitted: Admitted<StreamedCall>, parts: Parts): Promise<Answer> {
	const { call, received, turn } = admitted
	const { events, answer } = await beginOrUndo(admitted, received.signal, parts)
	const identity = identify(admitted, parts)
	const headers = headersOf(admitted)
	const arrivals = arrivalsOf(events)
	if (call.stream) {
		const writer = call.writer.stream(identity)
		return {
			type: 'stream',
			headers,
			open: (ended) => new WrittenPieces({ arrivals, writer, answer, outstanding: parts.outstanding, ended }),
		}
	}
	try {
		const whole = wholeOf(events)
		if (whole !== undefined) answer.whole(whole.completion)
		const body =
			whole === undefined
				? await deliverWhole(arrivals, call.writer, identity, answer)
				: call.writer.completion(await withUsage(whole.completion, answer), identity, whole.source)
		await answer.end()
		return { type: 'json', headers, body }
	} catch (thrown) {
		const error = notKept(thrown)
		// What was produced is billed and, where its caller left, kept; a turn that failed is not.
		if (turn !== undefined && error.kind !== 'cancelled') parts.outstanding.add(turn.drop(), 'dropping a turn')
		parts.outstanding.add(answer.end(error), 'settling an answer that broke off')
		throw error
	}
}

/** Where nobody began to answer, the turn never was. */
export async function beginOrUndo(
	admitted: Admitted<StreamedCall>,
	signal: AbortSignal,
	parts: Parts,
): Promise<BegunAnswer> {
	try {
		return await begin(admitted, signal, parts)
	} catch (thrown) {
		const { turn } = admitted
		if (turn !== undefined) parts.outstanding.add(turn.drop(), 'dropping a turn')
		settleFailure(admitted, thrown, parts)
		throw thrown
	}
}

export interface BegunAnswer {
	readonly events: AsyncIterable<ChatEvent>
	readonly answer: OpenAnswer
}

/** An upstream that began to answer, once all is on disk that must be there before the first byte leaves. */
export async function begin(admitted: Admitted<StreamedCall>, signal: AbortSignal, parts: Parts): Promise<BegunAnswer> {
	const { call, turn, record, ticket } = admitted
	if (turn?.exclusive === true) await turn.begin()
	// Written while the upstream is asked.
	else void turn?.begin()
	const { result, lease } = await ask<AsyncIterable<ChatEvent>>(admitted, signal, parts, ({ engine }, its) =>
		call.type === 'chat' ? engine.chat(call.request, its) : engine.complete(call.request, its),
	)
	const answer = new OpenAnswer({
		record,
		lease,
		ticket,
		turn,
		clock: parts.clock,
		tellsContent: parts.tellsContent,
		count: counterFor(admitted, parts),
	})
	try {
		await answer.begun()
	} catch (thrown) {
		lease.end()
		await arrivalsOf(result).cancel()
		throw thrown
	}
	return { events: result, answer }
}

async function ask<Result>(
	{ call, model, received, record, deployment, turn }: Admitted<ModelCall>,
	signal: AbortSignal,
	parts: Parts,
	send: (upstream: Upstream, its: EngineCall) => Promise<Result>,
): Promise<Answered<Result>> {
	const whole = call.type === 'embed' || call.type === 'count' || !(call.stream || isBackground(call))
	return failOver(
		{
			route: deployment.routeOf(model),
			hint: {
				affinity: () => turn?.conversation ?? (call.type === 'chat' ? affinityKey(call.request) : received.id),
			},
			signal,
			record,
			async ask(place, headers) {
				const upstream = deployment.upstreamAt(place)
				expectOperation(upstream, call.type === 'count' ? 'chat' : call.type)
				const its = { signal, model: upstream.model ?? model.name, requestId: received.id, whole, headers }
				return send(upstream, its)
			},
		},
		parts,
	)
}

function isBackground(call: StreamedCall): boolean {
	return call.type === 'chat' && call.background === true
}

export function identify({ token, turn, model, answersAsConversation }: Admitted, { clock }: Parts): AnswerIdentity {
	return {
		token,
		created: Math.floor(clock.now() / 1000),
		now: () => clock.now(),
		model: model.name,
		...(turn === undefined ? {} : { conversation: turn.conversation }),
		...(turn === undefined || !answersAsConversation ? {} : { id: turn.conversation }),
	}
}

/** Where the turn is kept, its ids. */
export function headersOf({ turn, dropped }: Admitted): Readonly<Record<string, string>> {
	return {
		...(turn === undefined
			? {}
			: {
					'x-dragoman-conversation': writeConversationId(turn.conversation),
					'x-dragoman-message': `msg_${turn.answer}`,
				}),
		...(dropped === 0 ? {} : { 'x-dragoman-truncated': String(dropped) }),
	}
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
