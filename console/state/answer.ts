// One answer: its parts in the order in which the model produced them, its state, and what is known about its cost in tokens
// and time. It grows by events of the Responses API; it does not know how they arrive.

import { type Signal, signal } from '@preact/signals'
import type { ResponseEvent, ResponseItem, ResponseObject } from '../api/responses.ts'
import { schedulePaint } from './paint.ts'

/** A part that grows is replaced: components compare their properties by identity. */
export type AnswerPart =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'refusal'; readonly text: string }
	| {
			readonly type: 'reasoning'
			readonly text: string
			readonly startedAtMs?: number | undefined
			readonly endedAtMs?: number | undefined
	  }
	| {
			readonly type: 'tool-call'
			readonly name: string
			readonly arguments: string
			/** For its result. */
			readonly callId?: string | undefined
	  }
	| { readonly type: 'image'; readonly url: string }
	| { readonly type: 'other'; readonly kind: string }

/** Why an answer failed. */
export interface AnswerFailure {
	readonly kind: 'limit' | 'unavailable' | 'not-reached' | 'broke-off' | 'restarted' | 'too-long' | 'other'
	/** The server's own words. */
	readonly message: string
	/** When the question is sent again. */
	readonly retryAtMs?: number | undefined
	readonly requestId?: string | undefined
}

export type AnswerState =
	| { readonly type: 'sending' }
	| { readonly type: 'waiting' }
	| { readonly type: 'streaming' }
	/** The connection broke; the answer continues on the server. */
	| { readonly type: 'detached'; readonly sinceMs: number }
	| { readonly type: 'done'; readonly end: 'stop' | 'length' | 'filter' }
	| { readonly type: 'stopped' }
	| { readonly type: 'failed'; readonly failure: AnswerFailure }

export interface AnswerUsage {
	readonly input: number
	readonly output: number
	/** Undefined if the source is not known yet. */
	readonly estimated?: boolean | undefined
}

export class Answer {
	readonly parts: AnswerPart[]
	readonly state: Signal<AnswerState>
	/** Grows with every change of `parts`, at most once per frame. */
	readonly version = signal(0)
	readonly usage: Signal<AnswerUsage | undefined>
	/** When the question was sent, in milliseconds since 1970; undefined for a stored answer. */
	readonly sentAtMs: number | undefined
	firstTokenAtMs: number | undefined
	lastTokenAtMs: number | undefined
	/** The number of the last event that was applied; -1 before the first. */
	lastEvent = -1
	/** Positions in `parts` by output and content index. */
	private readonly positions = new Map<string, number>()

	constructor(
		state: AnswerState,
		stored: { readonly parts?: AnswerPart[]; readonly usage?: AnswerUsage | undefined } = {},
	) {
		this.state = signal(state)
		this.parts = stored.parts ?? []
		this.usage = signal(stored.usage)
		this.sentAtMs = stored.parts === undefined ? Date.now() : undefined
	}

	get isRunning(): boolean {
		return ['sending', 'waiting', 'streaming', 'detached'].includes(this.state.value.type)
	}

	get text(): string {
		return this.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
	}

	/** Applies an event, unless it was applied before. */
	apply(event: ResponseEvent): void {
		if (event.sequence_number !== undefined) {
			if (event.sequence_number <= this.lastEvent) return
			this.lastEvent = event.sequence_number
		}
		switch (event.type) {
			case 'response.created':
			case 'response.queued':
			case 'response.in_progress':
				this.state.value = { type: 'waiting' }
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

	fail(failure: AnswerFailure): void {
		this.endReasoning()
		this.state.value = { type: 'failed', failure }
		this.changed()
	}

	/** The answer runs again: what arrived before is not part of it. */
	restart(): void {
		this.parts.length = 0
		this.positions.clear()
		this.lastEvent = -1
		this.state.value = { type: 'sending' }
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
			this.put(`${output_index}`, { type: 'image', url: `data:image/png;base64,${item.result}` })
	}

	private addContent({ output_index = 0, content_index = 0, part }: ResponseEvent): void {
		const key = `${output_index}.${content_index}`
		if (part?.type === 'output_text') this.put(key, { type: 'text', text: part.text ?? '' })
		else if (part?.type === 'refusal') this.put(key, { type: 'refusal', text: part.refusal ?? '' })
	}

	private append(event: ResponseEvent, type: 'text' | 'refusal' | 'reasoning' | 'tool-call'): void {
		const { output_index = 0, content_index = 0, delta = '' } = event
		const key = type === 'tool-call' ? `${output_index}` : `${output_index}.${content_index}`
		this.put(key, withDelta(this.partAt(key) ?? emptyPart(type), delta))
		const now = Date.now()
		this.firstTokenAtMs ??= now
		this.lastTokenAtMs = now
		if (this.state.value.type !== 'streaming') this.state.value = { type: 'streaming' }
	}

	private end(response: ResponseObject): void {
		this.endReasoning()
		const { usage } = response
		if (usage != null) this.usage.value = { input: usage.input_tokens, output: usage.output_tokens }
		this.state.value = endState(response)
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
		schedulePaint(this.version)
	}
}

function endState({ status, error, incomplete_details }: ResponseObject): AnswerState {
	if (status === 'cancelled') return { type: 'stopped' }
	if (status === 'failed') {
		const message = error?.message ?? ''
		return { type: 'failed', failure: { kind: failureKind(error?.code, message), message } }
	}
	if (status === 'incomplete')
		return { type: 'done', end: incomplete_details?.reason === 'content_filter' ? 'filter' : 'length' }
	return { type: 'done', end: 'stop' }
}

function failureKind(code: string | undefined, message: string): AnswerFailure['kind'] {
	if (code === 'context_length_exceeded') return 'too-long'
	if (code === 'rate_limit_exceeded') return 'limit'
	return /server (was )?(stopped|restarted)/i.test(message) ? 'restarted' : 'broke-off'
}

function partOfItem(item: ResponseItem): AnswerPart {
	const text = argumentsOf(item)
	if (text !== undefined)
		return { type: 'tool-call', name: item.name ?? item.type, arguments: text, callId: item.call_id }
	return { type: 'other', kind: item.type }
}

function argumentsOf(item: ResponseItem): string | undefined {
	return item.arguments ?? ('input' in item && typeof item.input === 'string' ? item.input : undefined)
}

function emptyPart(type: 'text' | 'refusal' | 'reasoning' | 'tool-call'): AnswerPart {
	switch (type) {
		case 'tool-call':
			return { type, name: '', arguments: '' }
		case 'reasoning':
			return { type, text: '', startedAtMs: Date.now() }
		case 'text':
		case 'refusal':
			return { type, text: '' }
	}
}

function withDelta(part: AnswerPart, delta: string): AnswerPart {
	if (part.type === 'tool-call') return { ...part, arguments: part.arguments + delta }
	return 'text' in part ? { ...part, text: part.text + delta } : part
}
