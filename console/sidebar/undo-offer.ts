// Offers for eight seconds to undo deletions. Further ones, of any kind, join those that can be undone now, so that none is
// complete sooner than the message says.

import { text } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { showToast } from '../parts/toast.tsx'

export interface Undoable<Item> {
	/** What was deleted. */
	readonly sentence: (count: number) => string
	readonly undo: (items: readonly Item[]) => Promise<void>
	/** Called when the deletions can no longer be undone. */
	readonly finish: (items: readonly Item[]) => Promise<void>
}

/** What can be undone now, of one kind. */
interface OpenOffer {
	readonly sentence: string
	undo(): void
	finish(): void
}

/** By their kinds. */
const open = new Map<object, OpenOffer>()

export class UndoOffer<Item> {
	private readonly undoable: Undoable<Item>
	private offered: readonly Item[] = []

	constructor(undoable: Undoable<Item>) {
		this.undoable = undoable
	}

	/** Whether the deletion of the item can be undone now. */
	has(item: Item): boolean {
		return this.offered.includes(item)
	}

	/** @param onUndone called if the person undoes it. */
	offer(added: readonly Item[], onUndone: () => void = () => undefined): void {
		const { sentence, undo, finish } = this.undoable
		const items = [...this.offered, ...added]
		this.offered = items
		open.set(this, {
			sentence: sentence(items.length),
			undo: () => {
				this.offered = []
				void attempt(undo(items)).then((undone) => undone && onUndone())
			},
			finish: () => {
				this.offered = []
				void finish(items)
			},
		})
		showOpen()
	}
}

/** The number of messages so far. */
let messages = 0

function showOpen(): void {
	const number = ++messages
	const offers = [...open.values()]
	showToast({
		text: offers.map(({ sentence }) => sentence).join(' '),
		action: {
			label: text.value.undo,
			run: () => {
				open.clear()
				for (const offer of offers) offer.undo()
			},
		},
		onClose: () => {
			// The offers are in the message that replaces this one.
			if (number !== messages) return
			open.clear()
			for (const offer of offers) offer.finish()
		},
	})
}
