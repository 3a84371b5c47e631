// The embedded engine from the gateway's view: an upstream whose process is supervised here. It does not know
// llama.cpp; the process does.

import { ChatError } from '../../chat/error.ts'
import type { ChatEvent } from '../../chat/event.ts'
import type { ChatRequest } from '../../chat/request.ts'
import type { EmbeddingRequest, Embeddings } from '../../operations/embeddings.ts'
import type { TextCompletionRequest } from '../../operations/text-completions.ts'
import type { DetokenizeRequest, TokenizeRequest, Tokens } from '../../operations/tokenization.ts'
import type { ModelDefaults } from '../../weights/catalogue.ts'
import type { EngineAnswer, EventBatch, EventBatches } from '../answer.ts'
import type { Engine, EngineCall, EngineState } from '../engine.ts'
import { openOpenAICompatible } from '../openai-compatible/openai-compatible.ts'
import { chatSampling, samplingWithDefaults, withSystemPrompt } from './model-defaults.ts'
import { blameProcess } from './process-failure.ts'
import type { ServedProcess, StartupPhase } from './served-process.ts'
import { Supervisor } from './supervisor.ts'

/** Timeout for a request that waits for a starting process, in milliseconds. */
const timeoutMs = 30_000
const retryAfterMs = 2000
/** Retry hint for a wait of minutes, or for failures that need the operator. */
const laterMs = 10_000

/** No other client queues for the process, and it sends comments as heartbeats while it reads a prompt. */
const processTimeouts = { firstByteMs: 1_800_000, totalMs: 7_200_000 }

export interface LlamaOptions {
	/** The note in `state()` until a process runs. */
	readonly note?: string
}

/** One process and its client. */
interface Served {
	readonly defaults: ModelDefaults | undefined
	readonly isSubstitute: boolean
	readonly supervisor: Supervisor
	readonly client: Engine
	/** Number of calls in flight. */
	calls: number
	/** Another process replaced it: it is closed after its last call. */
	replaced: boolean
}

export class Llama implements Engine {
	private served: Served | undefined
	private phase: StartupPhase
	/** The note about the model that serves requests now. */
	private note: string | undefined
	/** A process that replaces the running one as soon as it is ready. */
	private next: Supervisor | undefined
	private readonly stop = new AbortController()
	/** Resolved when a process runs, or when waiting for one is pointless. */
	private firstServed = Promise.withResolvers<void>()

	constructor({ note = 'the embedded engine is starting' }: LlamaOptions = {}) {
		this.phase = { status: 'starting', note }
	}

	/** Routes new calls to this process as soon as it is ready; the previous one is closed after its last call. */
	async replace({ defaults, substituteNote, outOfDescriptors, ...options }: ServedProcess): Promise<void> {
		if (this.closed) return
		const supervisor = new Supervisor(options)
		const served: Served = {
			defaults,
			isSubstitute: substituteNote !== undefined,
			supervisor,
			client: openOpenAICompatible({
				url: 'http://engine/v1',
				unixSocket: options.socket,
				trusted: true,
				counts: true,
				tokenizes: 'below',
				form: { thinkingOff: 'reasoning_effort', cacheMarks: 'send' },
				clock: options.clock,
				timeouts: processTimeouts,
				outOfDescriptors,
			}),
			calls: 0,
			replaced: false,
		}
		if (this.served !== undefined) {
			this.next = supervisor
			await supervisor.settled(timeoutMs, this.stop.signal)
			this.next = undefined
		}
		if (this.closed) return supervisor.close()
		const before = this.served
		this.served = served
		this.note = substituteNote
		this.firstServed.resolve()
		if (before === undefined) return
		before.replaced = true
		if (before.calls === 0) await endServed(before)
	}

	/** Sets the startup phase, or the reason for the failure. */
	setPhase(phase: StartupPhase): void {
		this.phase = phase
		if (this.served?.isSubstitute === true && phase.substituteNote !== undefined) this.note = phase.substituteNote
		if (phase.status === 'starting') return
		this.firstServed.resolve()
		this.firstServed = Promise.withResolvers()
	}

	readonly prefills = true
	readonly streamsSingleTokens = true

	state(): EngineState {
		const state = this.served?.supervisor.state
		if (state === undefined)
			return { status: this.phase.status === 'failed' ? 'failed' : 'starting', operations: [], note: this.phase.note }
		switch (state.status) {
			case 'starting':
				return { status: 'starting', operations: [] }
			case 'failed':
				return { status: 'failed', operations: [], note: state.reason }
			case 'ready': {
				const { operations, contextTokens, note } = state.model
				return { status: 'ready', operations, contextTokens, note: note ?? this.note }
			}
		}
	}

	chat(request: ChatRequest, call: EngineCall): Promise<EngineAnswer> {
		return this.stream(call, ({ client, defaults }, named) => {
			const messages = withSystemPrompt(request.messages, defaults)
			return client.chat({ ...request, messages, sampling: chatSampling(request, defaults) }, named)
		})
	}

	async count(request: ChatRequest, call: EngineCall): Promise<number> {
		const served = await this.ready(call.signal)
		const messages = withSystemPrompt(request.messages, served.defaults)
		const counted = served.client.count?.({ ...request, messages }, nameIt(served, call))
		if (counted === undefined) throw new Error('the engine does not support token counting')
		return counted
	}

	complete(request: TextCompletionRequest, call: EngineCall): Promise<EngineAnswer> {
		return this.stream(call, ({ client, defaults }, named) =>
			client.complete(
				{ ...request, sampling: samplingWithDefaults(request.sampling, request.choices, defaults) },
				named,
			),
		)
	}

	embed(request: EmbeddingRequest, call: EngineCall): Promise<Embeddings> {
		return this.once(call, ({ client }, named) => client.embed(request, named))
	}

	tokenize(request: TokenizeRequest, call: EngineCall): Promise<Tokens> {
		return this.once(call, ({ client }, named) => client.tokenize?.(request, named) ?? cannotTokenize())
	}

	detokenize(request: DetokenizeRequest, call: EngineCall): Promise<string> {
		return this.once(call, ({ client }, named) => client.detokenize?.(request, named) ?? cannotTokenize())
	}

	async close(): Promise<void> {
		if (this.closed) return
		const { served, next } = this
		this.stop.abort()
		this.setPhase({ status: 'failed', note: 'the server is closing' })
		await Promise.all([served === undefined ? undefined : endServed(served), next?.close()])
	}

	/** Aborted when the engine is closed. */
	get closing(): AbortSignal {
		return this.stop.signal
	}

	private get closed(): boolean {
		return this.stop.signal.aborted
	}

	private async once<Result>(
		call: EngineCall,
		run: (served: Served, named: EngineCall) => Promise<Result>,
	): Promise<Result> {
		const served = await this.ready(call.signal)
		served.calls++
		try {
			return await run(served, nameIt(served, call))
		} catch (thrown) {
			throw this.blame(served, thrown)
		} finally {
			await this.release(served)
		}
	}

	private async stream(
		call: EngineCall,
		run: (served: Served, named: EngineCall) => Promise<EngineAnswer>,
	): Promise<EngineAnswer> {
		const served = await this.ready(call.signal)
		served.calls++
		let answer: EngineAnswer
		try {
			answer = await run(served, nameIt(served, call))
		} catch (thrown) {
			await this.release(served)
			throw this.blame(served, thrown)
		}
		if (answer.type === 'stream') return { type: 'stream', batches: this.watch(answer.batches, served) }
		await this.release(served)
		return { type: 'unary', completion: { ...answer.completion, ...nameOf(served) } }
	}

	/** The same events, whose end releases the process. */
	private watch(batches: EventBatches, served: Served): EventBatches {
		let released = false
		const end = async () => {
			if (released) return
			released = true
			await this.release(served)
		}
		return {
			next: async () => {
				const read = await batches.next()
				if (read === undefined) await end()
				return read?.map((batch) => this.rewrite(batch, served))
			},
			cancel: async () => {
				await batches.cancel()
				await end()
			},
		}
	}

	private rewrite({ events }: EventBatch, served: Served): EventBatch {
		return {
			events: events.map((event): ChatEvent => {
				if (event.type === 'error') return { ...event, error: this.blame(served, event.error) }
				return event.type === 'start' ? { ...event, ...nameOf(served) } : event
			}),
		}
	}

	/** A process that may have crashed is probed again before the next call. */
	private blame({ supervisor }: Served, thrown: unknown): ChatError {
		const blamed = blameProcess(thrown)
		if (blamed !== thrown && !this.closed) supervisor.probe()
		return blamed
	}

	private async release(served: Served): Promise<void> {
		served.calls--
		if (served.replaced && served.calls === 0) await endServed(served)
	}

	/** @throws ChatError `unavailable` if no process is ready in time; immediately if waiting is pointless. */
	private async ready(signal: AbortSignal): Promise<Served> {
		if (this.closed) throw new ChatError('unavailable', 'The server is closing.')
		if (this.served === undefined && this.phase.status === 'starting')
			await settledOrAborted(this.firstServed.promise, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
		const state = await this.served?.supervisor.settled(timeoutMs, signal)
		if (this.served !== undefined && state?.status === 'ready') return this.served
		if (signal.aborted) throw new ChatError('cancelled', 'The request was cancelled.')
		const { status, note } =
			this.served === undefined
				? this.phase
				: state?.status === 'failed'
					? { status: state.status, note: state.reason }
					: { status: 'starting', note: 'it is starting' }
		throw new ChatError('unavailable', `The embedded model is not ready: ${note}`, {
			retryAfterMs: status === 'starting' ? retryAfterMs : laterMs,
			lasting: status !== 'starting',
		})
	}
}

async function settledOrAborted(waited: Promise<void>, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return
	const aborted = Promise.withResolvers<void>()
	signal.addEventListener('abort', () => aborted.resolve(), { once: true })
	await Promise.race([waited, aborted.promise])
}

/** The process serves one model, under the name it was started with. */
function nameIt({ supervisor: { state } }: Served, call: EngineCall): EngineCall {
	return state.status === 'ready' ? { ...call, model: state.model.id } : call
}

/** If a stand-in model serves the request, the answer reports that model's name. */
function nameOf({ isSubstitute, supervisor: { state } }: Served): { readonly model?: string } {
	return isSubstitute && state.status === 'ready' ? { model: state.model.id } : {}
}

async function endServed({ client, supervisor }: Served): Promise<void> {
	await client.close()
	await supervisor.close()
}

function cannotTokenize(): Promise<never> {
	return Promise.reject(new Error('the engine does not support tokenization'))
}
