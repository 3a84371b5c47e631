// Which rows of a long conversation are in the document: those in view and about one view around them. Rows have the height
// that was measured, or else one that is estimated from their text. It does not touch the document.

export interface RowRange {
	/** Index of the first row. */
	readonly from: number
	/** Index after the last row. */
	readonly to: number
	/** Height of all rows before `from`, in pixels. */
	readonly before: number
	/** Height of all rows from `to` on, in pixels. */
	readonly after: number
}

export interface SizedRow {
	readonly key: string
	/** Characters of its texts. */
	readonly characters: number
}

/** Shorter conversations are in the document as a whole. */
const wholeUpTo = 30

const lineCharacters = 85
const linePixels = 26
const rowPixels = 150

export class RowWindow {
	private readonly measured = new Map<string, number>()
	private readonly rows: readonly SizedRow[]

	constructor(rows: readonly SizedRow[], former?: RowWindow) {
		this.rows = rows
		if (former !== undefined) this.measured = former.measured
	}

	get isWhole(): boolean {
		return this.rows.length <= wholeUpTo
	}

	measure(key: string, pixels: number): void {
		this.measured.set(key, pixels)
	}

	/** The rows around a view of `height` pixels that begins at `top`. */
	around(top: number, height: number): RowRange {
		if (this.isWhole) return { from: 0, to: this.rows.length, before: 0, after: 0 }
		let from = 0
		let before = 0
		for (; from < this.rows.length - 1; from++) {
			const next = before + this.heightOf(from)
			if (next >= top - height) break
			before = next
		}
		let to = from
		let bottom = before
		for (; to < this.rows.length && (bottom <= top + 2 * height || to === from); to++) bottom += this.heightOf(to)
		return { from, to, before, after: this.sum(to, this.rows.length) }
	}

	/** The rows around the end of the conversation. */
	atEnd(height: number): RowRange {
		return this.around(Math.max(0, this.sum(0, this.rows.length) - height), height)
	}

	/** The rows around one of them. */
	aroundRow(index: number, height: number): RowRange {
		return this.around(this.sum(0, index), height)
	}

	private sum(from: number, to: number): number {
		let pixels = 0
		for (let index = from; index < to; index++) pixels += this.heightOf(index)
		return pixels
	}

	private heightOf(index: number): number {
		const row = this.rows[index]
		if (row === undefined) return 0
		return this.measured.get(row.key) ?? rowPixels + Math.floor(row.characters / lineCharacters) * linePixels
	}
}
