// Keeps the columns of a comparison at the same paragraph: the one at the top of the column that is scrolled.

export class LinkedScrolling {
	enabled = true
	private readonly columns = new Set<HTMLElement>()
	/** Columns that this class has scrolled: their next event is not the person's. */
	private readonly moved = new WeakSet<HTMLElement>()

	/** @returns what removes the column. */
	add(column: HTMLElement): () => void {
		this.columns.add(column)
		return () => this.columns.delete(column)
	}

	/** Scrolls the other columns to where this one is. */
	follow(column: HTMLElement): void {
		if (this.moved.delete(column) || !this.enabled) return
		const { index, share } = positionIn(column)
		for (const other of this.columns) if (other !== column) this.scrollTo(other, index, share)
	}

	private scrollTo(column: HTMLElement, index: number, share: number): void {
		const paragraphs = paragraphsOf(column)
		const paragraph = paragraphs[Math.min(index, paragraphs.length - 1)]
		if (paragraph === undefined) return
		const { top, height } = boxIn(column, paragraph)
		const before = column.scrollTop
		column.scrollTop = top + (index < paragraphs.length ? share : 1) * height
		if (column.scrollTop !== before) this.moved.add(column)
	}
}

const paragraphsOf = (column: HTMLElement): readonly Element[] => [...column.querySelectorAll('.markdown > *')]

/** The paragraph at the top of the column, and which share of it is above. */
function positionIn(column: HTMLElement): { readonly index: number; readonly share: number } {
	const paragraphs = paragraphsOf(column)
	for (const [index, paragraph] of paragraphs.entries()) {
		const { top, height } = boxIn(column, paragraph)
		if (top + height > column.scrollTop)
			return { index, share: Math.max(0, (column.scrollTop - top) / Math.max(1, height)) }
	}
	return { index: paragraphs.length, share: 0 }
}

/** Within the content of the column. */
function boxIn(column: HTMLElement, element: Element): { readonly top: number; readonly height: number } {
	const box = element.getBoundingClientRect()
	return { top: box.top - column.getBoundingClientRect().top + column.scrollTop, height: box.height }
}
