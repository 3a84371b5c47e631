// Offers for eight seconds to undo deletions. Further ones join those that can be undone now, so that none is complete sooner
// than the message says.

import { text } from '../languages/languages.ts'
import { showToast } from '../parts/toast.tsx'
import { attempt } from './attempt.ts'

export interface Undoable<Item> {
	/** What was deleted. */
	readonly sentence: (count: number) => string
	readonly undo: (items: readonly Item[]) => Promise<void>
	/** Called when the deletions can no longer be undone. */
	readonly finish: (items: readonly Item[]) => Promise<void>
}

export class UndoOffer<Item> {
	private readonly undoable: Undoable<Item>
	private offered: readonly Item[] = []

	constructor(undoable: Undoable<Item>) {
		this.undoable = undoable
	}

	/** @param onUndone called if the person undoes it. */
	offer(added: readonly Item[], onUndone: () => void = () => undefined): void {
		const { sentence, undo, finish } = this.undoable
		const items = [...this.offered, ...added]
		this.offered = items
		showToast({
			text: sentence(items.length),
			action: {
				label: text.value.undo,
				run: () => {
					this.offered = []
					void attempt(undo(items)).then((undone) => undone && onUndone())
				},
			},
			onClose: () => {
				if (this.offered !== items) return
				this.offered = []
				void finish(items)
			},
		})
	}
}
