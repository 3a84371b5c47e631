// One answer: its parts in the order in which the model produced them, its state, and what is known about its cost in tokens
// and time. It grows by events of the Responses API; it does not know how they arrive.

import { type Signal, signal } from '@preact/signals'
import type { AnswerMetricsObject, ResponseEvent, ResponseObject } from '../api/responses.ts'
import {
	type AnswerPart,
	argumentsOf,
	emptyPart,
	partOfItem,
	pictureUrl,
	withDelta,
	withTokens,
} from './answer-part.ts'
import type { AnswerSnapshot, AnswerUsage } from './answer-snapshot.ts'
import { type AnswerFailure, type AnswerState, endState, runningStates } from './answer-state.ts'
import { type LeftOut, nothingLeftOut } from './left-out.ts'
import { schedulePaint } from './paint.ts'

/** Missed events are complete when none has arrived for this long; longer gaps are shown meanwhile. In milliseconds. */
const quietMs = 40
const longestHoldMs = 400
/** After a longer loss the page says that the connection is back, in milliseconds. */
const noticedMs = 5000

type Timer = ReturnType<typeof setTimeout>

export class Answer {
	readonly parts: AnswerPart[]
	readonly state: Signal<AnswerState>
	/** Grows with every change of `parts`, at most once per frame. */
	readonly version = signal(0)
	readonly usage: Signal<AnswerUsage | undefined>
	/** As the server reports them; the times of this page's own answers are those that the page has measured. */
	readonly metrics: Signal<AnswerMetricsObject | undefined>
	/** How many requests are ahead of this one in a queue, while it waits in one; undefined if that is unknown. */
	readonly ahead = signal<number | undefined>(undefined)
	/** The model of the response, which may be another one than the request's; undefined if no event has named it. */
	readonly model: Signal<string | undefined>
	/** Known when the answer has ended. */
	readonly leftOut: Signal<LeftOut>
	/** When the question was sent, in milliseconds since 1970; undefined for a stored answer. */
	readonly sentAtMs: number | undefined
	firstTokenAtMs: number | undefined
	lastTokenAtMs: number | undefined
	/** The number of the last event that was applied; -1 before the first. */
	lastEvent = -1
	/** When the answer came back after a loss that the reader has noticed. */
	readonly resumedAtMs = signal<number | undefined>(undefined)
	/** Positions in `parts` by output and content index. */
	private readonly positions = new Map<string, number>()
	/** While missed events arrive: the state that they lead to. */
	private held: { readonly state: AnswerState; readonly untilMs: number; readonly timer: Timer } | undefined
	/** The state without its losses of the connection. */
	private live: AnswerState = { type: 'waiting' }
	/** Whether the reader has seen it grow: an answer of another visit does not come back. */
	private wasShown: boolean
	/** The code of the error event before the end of a failed answer. */
	private errorCode: string | undefined

	constructor(
		state: AnswerState,
		stored: {
			readonly parts?: AnswerPart[]
			readonly usage?: AnswerUsage | undefined
			readonly metrics?: AnswerMetricsObject | undefined
			readonly model?: string | undefined
			readonly leftOut?: LeftOut | undefined
		} = {},
	) {
		this.state = signal(state)
		this.parts = stored.parts ?? []
		this.usage = signal(stored.usage)
		this.metrics = signal(stored.metrics)
		this.model = signal(stored.model)
		this.leftOut = signal(stored.leftOut ?? nothingLeftOut)
		this.sentAtMs = state.type === 'sending' ? Date.now() : undefined
		this.wasShown = state.type === 'sending'
	}

	get isRunning(): boolean {
		return runningStates.has(this.state.value.type)
	}

	get text(): string {
		return this.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
	}

	/** Applies an event, unless it was applied before. */
	apply(event: ResponseEvent): void {
		// After a restart the server ends the answer with events that are numbered anew.
		const isEnd = event.type === 'error' || event.type === 'response.failed'
		if (event.sequence_number !== undefined && !isEnd) {
			if (event.sequence_number <= this.lastEvent) return
			this.lastEvent = event.sequence_number
		}
		if (!this.isRunning) return
		switch (event.type) {
			case 'queue':
				this.ahead.value = event.ahead
				this.enter({ type: 'waiting' })
				return
			case 'response.created':
			case 'response.queued':
			case 'response.in_progress':
				this.enter({ type: 'waiting' })
				return
			case 'error':
				this.errorCode = event.error?.code ?? undefined
				return
			case 'response.output_item.added':
				this.addItem(event)
				return
			case 'response.output_item.done':
				this.endItem(event)
				return
			case 'response.content_part.added':
				this.addContent(event)
				return
			case 'response.output_text.delta':
				this.append(event, 'text')
				return
			case 'response.refusal.delta':
				this.append(event, 'refusal')
				return
			case 'response.reasoning_text.delta':
			case 'response.reasoning_summary_text.delta':
				this.append(event, 'reasoning')
				return
			case 'response.function_call_arguments.delta':
			case 'response.custom_tool_call_input.delta':
				this.append(event, 'tool-call')
				return
			case 'response.completed':
			case 'response.incomplete':
			case 'response.failed':
				if (event.response !== undefined) this.end(event.response)
				return
		}
	}

	/** The connection broke. Nothing changes if another tab has passed on the end of the answer meanwhile. */
	detach(): void {
		if (!this.isRunning) return
		const { value } = this.state
		if (this.held !== undefined) clearTimeout(this.held.timer)
		this.held = undefined
		if (value.type === 'detached') return
		this.state.value = { type: 'detached', sinceMs: value.type === 'catching-up' ? value.sinceMs : Date.now() }
	}

	/**
	 * The connection is back. Events that were missed are shown together, when no more of them arrive. Nothing changes if another tab has
	 * passed on the end of the answer meanwhile.
	 */
	catchUp(): void {
		if (!this.isRunning) return
		const { value } = this.state
		this.state.value = { type: 'catching-up', sinceMs: value.type === 'detached' ? value.sinceMs : Date.now() }
		this.hold(this.live, Date.now() + longestHoldMs)
	}

	snapshot(): AnswerSnapshot {
		return {
			parts: [...this.parts],
			positions: [...this.positions],
			state: this.isRunning ? this.live : this.state.value,
			usage: this.usage.value,
			metrics: this.metrics.value,
			model: this.model.value,
			ahead: this.ahead.value,
			leftOut: this.leftOut.value,
			lastEvent: this.lastEvent,
		}
	}

	/** Takes over what another tab has, unless this one has more. */
	adopt({ parts, positions, state, usage, metrics, model, ahead, leftOut, lastEvent }: AnswerSnapshot): void {
		if (lastEvent <= this.lastEvent || !this.isRunning) return
		this.parts.splice(0, this.parts.length, ...parts)
		this.positions.clear()
		for (const [key, position] of positions) this.positions.set(key, position)
		this.lastEvent = lastEvent
		this.held = undefined
		this.usage.value = usage
		this.metrics.value = metrics
		this.model.value = model
		this.ahead.value = ahead
		this.leftOut.value = leftOut ?? nothingLeftOut
		this.live = state
		this.state.value = state
		this.changed()
	}

	fail(failure: AnswerFailure): void {
		this.held = undefined
		this.endReasoning()
		this.state.value = { type: 'failed', failure }
		this.changed()
	}

	private addItem({ output_index = 0, item }: ResponseEvent): void {
		if (item === undefined || item.type === 'message' || item.type === 'reasoning') return
		this.put(`${output_index}`, partOfItem(item))
	}

	private endItem({ output_index = 0, item }: ResponseEvent): void {
		if (item?.type === 'reasoning') this.endReasoning()
		const part = this.partAt(`${output_index}`)
		if (part?.type === 'tool-call' && item !== undefined)
			this.put(`${output_index}`, { ...part, arguments: argumentsOf(item) ?? part.arguments })
		if (item?.type === 'image_generation_call' && typeof item.result === 'string')
			this.put(`${output_index}`, { type: 'image', url: pictureUrl(item.result) })
	}

	private addContent({ output_index = 0, content_index = 0, part }: ResponseEvent): void {
		const key = `${output_index}.${content_index}`
		if (part?.type === 'output_text') this.put(key, { type: 'text', text: part.text ?? '' })
		else if (part?.type === 'refusal') this.put(key, { type: 'refusal', text: part.refusal ?? '' })
	}

	private append(event: ResponseEvent, type: 'text' | 'refusal' | 'reasoning' | 'tool-call'): void {
		const { output_index = 0, content_index = 0, delta = '' } = event
		const key = type === 'tool-call' ? `${output_index}` : `${output_index}.${content_index}`
		this.put(key, withTokens(withDelta(this.partAt(key) ?? emptyPart(type), delta), event))
		if (this.sentAtMs !== undefined) {
			this.lastTokenAtMs = Date.now()
			this.firstTokenAtMs ??= this.lastTokenAtMs
		}
		this.enter({ type: 'streaming' })
	}

	private end(response: ResponseObject): void {
		this.endReasoning()
		const { usage, metrics, model, dropped = [], truncated: messages = 0 } = response
		this.model.value = model
		this.leftOut.value = { dropped, messages }
		if (metrics != null) this.metrics.value = metrics
		if (usage != null) this.usage.value = { input: usage.input_tokens, output: usage.output_tokens }
		this.enter(endState(response, this.errorCode))
		// Nothing is missing any more.
		this.release()
		this.changed()
	}

	/** Changes the state, or the one that follows when the missed events are shown. */
	private enter(next: AnswerState): void {
		this.live = next
		if (this.held !== undefined) this.hold(next, this.held.untilMs)
		else if (this.state.value.type !== next.type) this.state.value = next
	}

	private hold(state: AnswerState, untilMs: number): void {
		if (this.held !== undefined) clearTimeout(this.held.timer)
		const timer = setTimeout(() => this.release(), Math.min(quietMs, Math.max(0, untilMs - Date.now())))
		this.held = { state, untilMs, timer }
	}

	private release(): void {
		const { held, state } = this
		if (held === undefined) return
		clearTimeout(held.timer)
		this.held = undefined
		const { value } = state
		if (value.type === 'catching-up' && this.wasShown && Date.now() - value.sinceMs > noticedMs)
			this.resumedAtMs.value = Date.now()
		this.wasShown = true
		state.value = held.state
		this.changed()
	}

	private partAt(key: string): AnswerPart | undefined {
		const position = this.positions.get(key)
		return position === undefined ? undefined : this.parts[position]
	}

	/** Adds the part, or replaces the one with the same key. */
	private put(key: string, part: AnswerPart): void {
		const position = this.positions.get(key) ?? this.parts.length
		this.positions.set(key, position)
		this.parts[position] = part
		this.changed()
	}

	private endReasoning(): void {
		const endedAtMs = Date.now()
		for (const [index, part] of this.parts.entries())
			if (part.type === 'reasoning') this.parts[index] = { endedAtMs, ...part }
	}

	private changed(): void {
		if (this.held === undefined) schedulePaint(this.version)
	}
}
