// Truncates an answer's text before the first stop text. Text that may be the beginning of a stop text is withheld.

export interface Released {
	/** May be empty. */
	readonly text: string
	/** A stop text was found; all text before it has been released. */
	readonly stopped: boolean
}

export class StopFilter {
	private readonly stops: readonly string[]
	private held = ''

	/** Half of a surrogate pair matches no text, so that none is cut inside a character. */
	constructor(stops: readonly string[]) {
		this.stops = stops.map((stop) => stop.toWellFormed())
	}

	/** Number of withheld characters. */
	get heldLength(): number {
		return this.held.length
	}

	push(text: string): Released {
		this.held += text
		let stop = -1
		for (const candidate of this.stops) {
			const at = this.held.indexOf(candidate)
			if (at >= 0 && (stop < 0 || at < stop)) stop = at
		}
		if (stop >= 0) return { text: this.take(stop), stopped: true }
		let heldLength = 0
		for (const candidate of this.stops) heldLength = Math.max(heldLength, partialMatchLength(this.held, candidate))
		return { text: this.take(this.held.length - heldLength), stopped: false }
	}

	/** Releases the withheld text at the end of the answer. */
	flush(): string {
		return this.take(this.held.length)
	}

	private take(length: number): string {
		const text = this.held.slice(0, length)
		this.held = this.held.slice(length)
		return text
	}
}

/** Number of characters at the end of `text` that may be the beginning of `mark`. */
export function partialMatchLength(text: string, mark: string): number {
	for (let length = Math.min(text.length, mark.length - 1); length > 0; length--)
		if (mark.startsWith(text.slice(text.length - length))) return length
	return 0
}
