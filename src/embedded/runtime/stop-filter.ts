// Truncates an answer's text before the first stop text. Text that may be the beginning of a stop text is withheld.

export interface Released {
	/** May be empty. */
	readonly text: string
	/** The stop text that was found, as the request has it; all text before it has been released. */
	readonly stopText: string | undefined
}

export class StopFilter {
	/**
	 * Stop texts, and what to look for: half of a surrogate pair matches no text, so that none is cut inside a character.
	 */
	private readonly stops: readonly { readonly stopText: string; readonly sought: string }[]
	private held = ''

	constructor(stops: readonly string[]) {
		this.stops = stops.map((stopText) => ({ stopText, sought: stopText.toWellFormed() }))
	}

	/** Number of withheld characters. */
	get heldLength(): number {
		return this.held.length
	}

	push(text: string): Released {
		this.held += text
		let first: { readonly at: number; readonly stopText: string } | undefined
		for (const { stopText, sought } of this.stops) {
			const at = this.held.indexOf(sought)
			if (at >= 0 && (first === undefined || at < first.at)) first = { at, stopText }
		}
		if (first !== undefined) return { text: this.take(first.at), stopText: first.stopText }
		let heldLength = 0
		for (const { sought } of this.stops) heldLength = Math.max(heldLength, partialMatchLength(this.held, sought))
		return { text: this.take(this.held.length - heldLength), stopText: undefined }
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
