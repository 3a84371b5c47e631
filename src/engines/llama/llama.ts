// The embedded engine as the gateway sees it: one more upstream, whose process is supervised here. It does not know llama.cpp; the
// process does.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { Message } from '../../chat/message.ts'
import type { ChatRequest, Sampling } from '../../chat/request.ts'
import type { EmbeddingRequest, Embeddings } from '../../embeddings/embeddings.ts'
import type { Advice } from '../../models/catalogue.ts'
import { publicText } from '../../telemetry/public-text.ts'
import type { TextCompletionRequest } from '../../text-completions/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../../tokenization/tokenization.ts'
import { beginAnswer } from '../begun-answer.ts'
import type { Engine, EngineCall, EngineState } from '../engine.ts'
import { openOpenAICompatible } from '../openai-compatible/openai-compatible.ts'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'

/** How long a request waits for a process that is starting, in milliseconds. */
const patienceMs = 30_000
const retryAfterMs = 2000

/** Nobody else waits in front of the process, and it tells by comments that it lives while a prompt is read. */
const patientTimeouts = { firstByteMs: 1_800_000, totalMs: 7_200_000 }

export interface LlamaOptions {
	/** What `state()` says until there is a process. */
	readonly note?: string
}

/** A model to be served by a process of its own. */
export interface ServedProcess extends SupervisorOptions {
	/** For requests that say nothing else. */
	readonly advice?: Advice
	/** Called when the process could not be connected to since this one has no file descriptor left. */
	readonly outOfDescriptors?: () => void
}

/** One process and the client that speaks to it. */
interface Served {
	readonly advice: Advice | undefined
	readonly supervisor: Supervisor
	readonly client: Engine
	/** Calls that run on it. */
	calls: number
	/** Another took its place: it ends with its last call. */
	replaced: boolean
}

export class Llama implements Engine {
	private served: Served | undefined
	private note: string | undefined
	private failure: string | undefined
	private closed = false
	private readonly firstServed = Promise.withResolvers<void>()

	constructor({ note }: LlamaOptions = {}) {
		this.note = note
	}

	/** From now on new calls go to this process, as soon as it is ready; the one before ends with its last call. */
	async replace({ advice, outOfDescriptors, ...options }: ServedProcess): Promise<void> {
		const supervisor = new Supervisor(options)
		const served: Served = {
			advice,
			supervisor,
			client: openOpenAICompatible({
				url: 'http://engine/v1',
				unixSocket: options.socket,
				trusted: true,
				counts: true,
				tokenizes: 'below',
				clock: options.clock,
				timeouts: patientTimeouts,
				...(outOfDescriptors === undefined ? {} : { outOfDescriptors }),
			}),
			calls: 0,
			replaced: false,
		}
		if (this.served !== undefined) await supervisor.settled(patienceMs, new AbortController().signal)
		if (this.closed) return supervisor.close()
		const before = this.served
		this.served = served
		this.note = undefined
		this.firstServed.resolve()
		if (before === undefined) return
		before.replaced = true
		if (before.calls === 0) await endServed(before)
	}

	/** Says what is being waited for, or why there will never be a process. */
	tell(note: string, failed = false): void {
		this.note = note
		this.failure = failed ? note : undefined
		if (failed) this.firstServed.resolve()
	}

	readonly tellsEachToken = true

	state(): EngineState {
		const state = this.served?.supervisor.state
		if (state === undefined)
			return { status: this.failure === undefined ? 'starting' : 'failed', operations: [], ...noted(this.note) }
		switch (state.status) {
			case 'starting':
				return { status: 'starting', operations: [] }
			case 'failed':
				return { status: 'failed', operations: [], note: state.reason }
			case 'ready': {
				const { operations, contextTokens, note } = state.model
				return {
					status: 'ready',
					operations,
					...(contextTokens === undefined ? {} : { contextTokens }),
					...noted(note ?? this.note),
				}
			}
		}
	}

	chat(request: ChatRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>> {
		return this.stream(call, ({ client, advice }, named) => {
			const messages = introduced(request.messages, advice)
			return client.chat({ ...request, messages, sampling: advised(request.sampling, advice) }, named)
		})
	}

	async count(request: ChatRequest, call: EngineCall): Promise<number> {
		const served = await this.ready(call.signal)
		const messages = introduced(request.messages, served.advice)
		const counted = served.client.count?.({ ...request, messages }, nameIt(served, call))
		if (counted === undefined) throw new Error('the engine does not count')
		return counted
	}

	complete(request: TextCompletionRequest, call: EngineCall): Promise<AsyncIterable<ChatEvent>> {
		return this.stream(call, ({ client, advice }, named) =>
			client.complete({ ...request, sampling: advised(request.sampling, advice) }, named),
		)
	}

	embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		return this.once(call, ({ client }, named) => client.embed(request, named))
	}

	tokenize(request: TokenizeRequest, call: EngineCall): Promise<Tokens> {
		return this.once(call, ({ client }, named) => client.tokenize?.(request, named) ?? tellsNoTokens())
	}

	detokenize(request: DetokenizeRequest, call: EngineCall): Promise<string> {
		return this.once(call, ({ client }, named) => client.detokenize?.(request, named) ?? tellsNoTokens())
	}

	async close(): Promise<void> {
		if (this.closed) return
		this.closed = true
		this.tell('The server is closing.', true)
		if (this.served !== undefined) await endServed(this.served)
	}

	private async once<Result>(
		call: EngineCall,
		ask: (served: Served, named: EngineCall) => Promise<Result>,
	): Promise<Result> {
		const served = await this.ready(call.signal)
		served.calls++
		try {
			return await ask(served, nameIt(served, call))
		} catch (thrown) {
			throw this.blame(served, thrown)
		} finally {
			await this.release(served)
		}
	}

	private async stream(
		call: EngineCall,
		ask: (served: Served, named: EngineCall) => Promise<AsyncIterable<ChatEvent>>,
	): Promise<AsyncIterable<ChatEvent>> {
		const served = await this.ready(call.signal)
		served.calls++
		let events: AsyncIterable<ChatEvent>
		try {
			events = await ask(served, nameIt(served, call))
		} catch (thrown) {
			await this.release(served)
			throw this.blame(served, thrown)
		}
		return beginAnswer(this.watch(events, served, call.model))
	}

	private async *watch(events: AsyncIterable<ChatEvent>, served: Served, asked: string): AsyncGenerator<ChatEvent> {
		try {
			for await (const event of events) {
				if (event.type === 'error') yield { ...event, error: this.blame(served, event.error) }
				else if (event.type === 'start') yield standIn(event, served, asked)
				else yield event
			}
		} finally {
			await this.release(served)
		}
	}

	/** A process that may have died is asked again before the next call goes to it. */
	private blame({ supervisor }: Served, thrown: unknown): ChatError {
		const blamed = blameProcess(thrown)
		if (blamed !== thrown && !this.closed) supervisor.doubt()
		return blamed
	}

	private async release(served: Served): Promise<void> {
		served.calls--
		if (served.replaced && served.calls === 0) await endServed(served)
	}

	/** @throws ChatError `unavailable` where no process is ready in time. */
	private async ready(signal: AbortSignal): Promise<Served> {
		if (this.closed) throw new ChatError('unavailable', 'The server is closing.')
		if (this.served === undefined && this.failure === undefined)
			await Promise.race([this.firstServed.promise, Bun.sleep(patienceMs)])
		const state = await this.served?.supervisor.settled(patienceMs, signal)
		if (this.served !== undefined && state?.status === 'ready') return this.served
		if (signal.aborted) throw new ChatError('cancelled', 'The request was cancelled.')
		const reason = state?.status === 'failed' ? state.reason : (this.failure ?? this.note ?? 'it is starting')
		throw new ChatError('unavailable', `The embedded model cannot answer yet: ${publicText(reason)}`, { retryAfterMs })
	}
}

function advised(asked: Sampling, advice: Advice | undefined): Sampling {
	if (advice === undefined || asked.temperature !== undefined || asked.topP !== undefined) return asked
	return { ...asked, temperature: advice.temperature, topP: advice.topP }
}

function introduced(messages: readonly Message[], advice: Advice | undefined): readonly Message[] {
	if (advice?.system === undefined || messages.some(({ role }) => role === 'system' || role === 'developer'))
		return messages
	return [{ role: 'system', content: [{ type: 'text', text: advice.system }] }, ...messages]
}

/** The process serves one model, under the name it was started with. */
function nameIt({ supervisor: { state } }: Served, call: EngineCall): EngineCall {
	return state.status === 'ready' ? { ...call, model: state.model.id } : call
}

/** Where another model stands in for the one that was asked for, the answer says so. */
function standIn(
	event: Extract<ChatEvent, { type: 'start' }>,
	{ supervisor: { state } }: Served,
	asked: string,
): ChatEvent {
	if (state.status !== 'ready' || state.model.id === asked) return event
	return { ...event, model: state.model.id }
}

/** A connection that breaks off means that the process died. */
function blameProcess(thrown: unknown): ChatError {
	if (!(thrown instanceof ChatError))
		return new ChatError('upstream-failed', 'The embedded engine stopped while answering.', {
			cause: thrown,
			sent: 'yes',
		})
	if (thrown.kind === 'unavailable' || (thrown.kind === 'upstream-failed' && thrown.code === undefined))
		return new ChatError('upstream-failed', 'The embedded engine stopped while answering.', {
			cause: thrown,
			sent: thrown.sent === 'nothing' ? 'maybe' : thrown.sent,
		})
	return thrown
}

async function endServed({ client, supervisor }: Served): Promise<void> {
	await client.close()
	await supervisor.close()
}

function noted(note: string | undefined): { readonly note?: string } {
	return note === undefined ? {} : { note }
}

function tellsNoTokens(): Promise<never> {
	return Promise.reject(new Error('the engine tells no tokens'))
}
