// Puts the parts of one choice in the order that event.ts requires, for upstreams whose parts interleave: text inside
// torn arguments of a call, or several blocks that are open together. The part that began first streams; what belongs to
// later ones is held until it ends. It does not know when a part is complete.

import { ChatError } from './error.ts'
import type { ChatEvent, DeltaPart, PartDeltaEvent, PartEndEvent, StartedPart } from './event.ts'
import { endsInCharacter } from './half-character.ts'

/** What is known of a part when it ends. */
export type PartEnd = Omit<PartEndEvent, 'type' | 'choice'>

type HeldDelta = Pick<PartDeltaEvent, 'text' | 'logprobs'>

interface QueuedPart<Key> {
	readonly key: Key
	/** Undefined while only the position of the part is known. */
	started: StartedPart | undefined
	readonly deltas: HeldDelta[]
	/** The first half of a surrogate pair whose second half is in the next piece; empty if there is none. */
	half: string
	end: PartEnd | undefined
}

/** Maximum length of the content that is held for later parts, in characters. */
const maxHeldLength = 8_388_608

/**
 * @typeParam Key identifies a part among those that have not ended, such as the index of a block. Methods append events
 * to `into`.
 */
export class PartSequencer<Key> {
	private readonly choice: number
	/** The first is the open one, once it has started. */
	private readonly queue: QueuedPart<Key>[] = []
	/** Whether the `part-start` of the first part was emitted. */
	private isOpen = false
	private heldLength = 0

	constructor(choice: number) {
		this.choice = choice
	}

	/** Whether a part waits for the end of an earlier one. */
	get isWaiting(): boolean {
		return this.queue.length > 1
	}

	/** Whether the part has begun and has not ended. */
	has(key: Key): boolean {
		return this.find(key) !== undefined
	}

	/** Takes the next position for a part that starts later: parts after it wait for it. */
	reserve(key: Key): void {
		this.queue.push({ key, started: undefined, deltas: [], half: '', end: undefined })
	}

	/** Starts a part, at its reserved position if it has one. */
	start(key: Key, part: StartedPart, into: ChatEvent[]): void {
		let queued = this.find(key)
		if (queued === undefined) {
			queued = { key, started: part, deltas: [], half: '', end: undefined }
			this.queue.push(queued)
		} else queued.started = part
		this.advance(into)
	}

	/**
	 * Adds content to a part that has started. No-op for any other. Pieces never end inside a character, and neither does
	 * the part.
	 */
	delta(key: Key, delta: HeldDelta, into: ChatEvent[]): void {
		const first = this.queue[0]
		if (first?.key === key && this.isOpen) this.emit(first, delta, into)
		else this.hold(this.find(key), delta)
	}

	/** Ends a part that has started. No-op for any other. */
	end(key: Key, end: PartEnd, into: ChatEvent[]): void {
		const queued = this.find(key)
		if (queued?.started === undefined) return
		queued.end = end
		this.advance(into)
	}

	/** Ends all parts in their order. Those that never started are dropped. */
	endAll(into: ChatEvent[]): void {
		for (const queued of this.queue) queued.end ??= {}
		this.queue.splice(0, this.queue.length, ...this.queue.filter(({ started }) => started !== undefined))
		this.advance(into)
	}

	private find(key: Key): QueuedPart<Key> | undefined {
		return this.queue.find((queued) => queued.key === key)
	}

	private hold(queued: QueuedPart<Key> | undefined, delta: HeldDelta): void {
		if (queued === undefined) return
		this.heldLength += delta.text.length
		if (this.heldLength > maxHeldLength)
			throw new ChatError('upstream-failed', 'The model sent too much content before it completed an earlier part.', {
				sent: 'yes',
			})
		queued.deltas.push(delta)
	}

	private advance(into: ChatEvent[]): void {
		for (let [first] = this.queue; first?.started !== undefined; [first] = this.queue) {
			if (!this.isOpen) {
				this.isOpen = true
				into.push({ type: 'part-start', choice: this.choice, part: first.started })
				for (const delta of first.deltas.splice(0)) {
					this.heldLength -= delta.text.length
					this.emit(first, delta, into)
				}
			}
			if (first.end === undefined) return
			into.push({ type: 'part-end', choice: this.choice, ...first.end })
			this.isOpen = false
			this.queue.shift()
		}
	}

	private emit(queued: QueuedPart<Key>, { text, logprobs }: HeldDelta, into: ChatEvent[]): void {
		const { started } = queued
		if (started === undefined || !hasDeltas(started.type)) return
		const whole = wholeCharacters(queued, text)
		if (whole === '' && logprobs === undefined) return
		into.push({ type: 'part-delta', choice: this.choice, part: started.type, text: whole, logprobs })
	}
}

/** The next piece of the part, which ends with a whole character: the half of one is held for the next piece. */
function wholeCharacters(part: { half: string }, text: string): string {
	const piece = part.half === '' ? text : part.half + text
	const isHalf = endsInCharacter(piece)
	part.half = isHalf ? piece.slice(-1) : ''
	return isHalf ? piece.slice(0, -1) : piece
}

const deltaParts: Readonly<{ [Type in StartedPart['type']]: Type extends DeltaPart ? true : false }> = {
	text: true,
	reasoning: true,
	refusal: true,
	'tool-call': true,
	image: false,
	audio: false,
	'provider-item': false,
}

function hasDeltas(type: StartedPart['type']): type is DeltaPart {
	return deltaParts[type]
}
