// The newest turns of open connections, in memory: a client continues on its connection from a turn that no store has.
// All connections share a limit, beyond which the oldest turns are dropped. It does not know protocols.

import { stringifyJson } from '../chat/json-text.ts'
import type { Message } from '../chat/message.ts'
import type { ThreadOrigin } from './thread.ts'
import type { TurnId } from './turn-id.ts'

/** A turn with all messages that precede it and are not stored. */
export interface RecentTurn {
	readonly id: TurnId
	/** What the messages follow. */
	readonly origin: ThreadOrigin
	/** The turns before this one, its own input and its answer, if it has one; without instructions. */
	readonly messages: readonly Message[]
}

interface HeldTurn {
	readonly turn: RecentTurn
	readonly lane: string | undefined
	readonly owner: ConnectionTurns
	readonly characters: number
}

/** Numbers of characters of messages as JSON. */
export interface RecentTurnLimits {
	/** Of all connections together. */
	readonly maxCharacters: number
	readonly maxCharactersPerConnection: number
	/** Lanes of one connection that have a turn. */
	readonly maxLanes: number
}

const defaultLimits: RecentTurnLimits = {
	maxCharacters: 256 * 1024 * 1024,
	maxCharactersPerConnection: 32 * 1024 * 1024,
	maxLanes: 16,
}

/** The turns of all connections. */
export class RecentTurns {
	private readonly limits: RecentTurnLimits
	/** Oldest first. */
	private readonly held = new Set<HeldTurn>()
	private characters = 0

	constructor(limits: RecentTurnLimits = defaultLimits) {
		this.limits = limits
	}

	connect(): ConnectionTurns {
		return new ConnectionTurns(this.limits, {
			add: (turn) => this.add(turn),
			remove: (turn) => this.remove(turn),
		})
	}

	/** Number of turns, and the size of their messages as JSON, in characters. */
	get size(): { readonly turns: number; readonly characters: number } {
		return { turns: this.held.size, characters: this.characters }
	}

	private add(turn: HeldTurn): void {
		this.held.add(turn)
		this.characters += turn.characters
		for (const oldest of this.held) {
			if (this.characters <= this.limits.maxCharacters) break
			oldest.owner.forget(oldest)
		}
	}

	private remove(turn: HeldTurn): void {
		if (this.held.delete(turn)) this.characters -= turn.characters
	}
}

/** Where the turns of one connection are counted. */
interface TurnCount {
	add(turn: HeldTurn): void
	remove(turn: HeldTurn): void
}

/** The turns of one connection: the newest one of each of its lanes, which run independently of each other. */
export class ConnectionTurns {
	private readonly limits: RecentTurnLimits
	private readonly count: TurnCount
	/** By lane, oldest first. */
	private readonly held = new Map<string | undefined, HeldTurn>()
	/** The characters of each message as JSON: a turn repeats the messages of the turn before, which are measured once. */
	private readonly sizes = new WeakMap<Message, number>()
	private closed = false

	constructor(limits: RecentTurnLimits, count: TurnCount) {
		this.limits = limits
		this.count = count
	}

	find(id: TurnId): RecentTurn | undefined {
		return this.findHeld(id)?.turn
	}

	/**
	 * Replaces the turn of its lane. A turn that is too large is not held.
	 *
	 * @param turn undefined if the newest turn of the lane needs no memory, because it is stored.
	 */
	hold(lane: string | undefined, turn: RecentTurn | undefined): void {
		const before = this.held.get(lane)
		if (before !== undefined) this.forget(before)
		if (turn === undefined || this.closed) return
		const characters = this.sizeOf(turn.messages)
		if (characters > this.limits.maxCharactersPerConnection) return
		const added = { turn, lane, owner: this, characters }
		this.held.set(lane, added)
		this.count.add(added)
		for (const oldest of this.held.values()) {
			if (this.held.size <= this.limits.maxLanes && this.characters <= this.limits.maxCharactersPerConnection) break
			this.forget(oldest)
		}
	}

	/** Drops a turn whose continuation failed. */
	drop(id: TurnId): void {
		const found = this.findHeld(id)
		if (found !== undefined) this.forget(found)
	}

	/** The connection ended. */
	close(): void {
		this.closed = true
		for (const turn of this.held.values()) this.forget(turn)
	}

	/** Removes exactly this turn. */
	forget(turn: HeldTurn): void {
		if (this.held.get(turn.lane) === turn) this.held.delete(turn.lane)
		this.count.remove(turn)
	}

	/** The length of a JSON array of the messages. */
	private sizeOf(messages: readonly Message[]): number {
		let characters = Math.max(2, messages.length + 1)
		for (const message of messages) {
			const size = this.sizes.get(message) ?? stringifyJson(message).length
			this.sizes.set(message, size)
			characters += size
		}
		return characters
	}

	private findHeld(id: TurnId): HeldTurn | undefined {
		for (const held of this.held.values()) if (held.turn.id === id) return held
		return undefined
	}

	private get characters(): number {
		let sum = 0
		for (const { characters } of this.held.values()) sum += characters
		return sum
	}
}
