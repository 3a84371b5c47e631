// The turns of a conversation and the branch of them that is shown. It does not know how turns come about.

import { batch, computed, signal } from '@preact/signals'
import { nameMessage, route } from './route.ts'
import { thisDevice } from './storage.ts'
import { type PageTurn, TurnTree } from './turn-tree.ts'

/** A question that another tab asked: `next` after the end that is shown here, `branch` beside a question of this tab. */
export interface AskedElsewhere {
	readonly type: 'next' | 'branch'
	readonly turn: string
}

export class Branches {
	/** Undefined until the first answer of a new conversation has started. */
	readonly id = signal<string | undefined>(undefined)
	readonly tree = signal<TurnTree>(empty)
	/** Id of the last turn of the branch that is shown. */
	readonly leaf = signal<string | undefined>(undefined)
	readonly path = computed(() => this.tree.value.path(this.tree.value.find(this.leaf.value)))
	readonly isAnswering = computed(() => this.path.value.some(({ answer }) => answer.state.value && answer.isRunning))
	readonly askedElsewhere = signal<AskedElsewhere | undefined>(undefined)
	protected readonly ending = new AbortController()
	/** At each fork, by the message before it, the turn that was shown last. */
	protected readonly choices = new Map<string | undefined, string>()

	/** Whether the conversation is not on screen any more. */
	get isClosed(): boolean {
		return this.ending.signal.aborted
	}

	/** Shows the branch of a turn, at its end that was shown last. */
	show(turn: PageTurn): void {
		this.askedElsewhere.value = undefined
		this.showLeaf(this.tree.value.leafBelow(turn, ({ id, parent }) => this.choices.get(parent) === id).id)
	}

	/** Shows the branch of a message, if the conversation has it. */
	showMessage(message: string): void {
		const turn = this.tree.value.containing(message)
		if (turn !== undefined && !this.path.value.includes(turn)) this.show(turn)
	}

	/** Takes a turn and all that follow it out of the tree. Shows the branch beside it, or else its end before the turn. */
	hide(turn: PageTurn): void {
		const siblings = this.tree.value.siblings(turn)
		const index = siblings.findIndex(({ id }) => id === turn.id)
		const beside = siblings[index + 1] ?? siblings[index - 1]
		batch(() => {
			this.tree.value = this.tree.value.withoutBranch(turn)
			if (this.tree.value.find(this.leaf.value) !== undefined) return
			if (beside !== undefined) this.show(beside)
			else this.showEnd(this.tree.value.endingWith(turn.parent ?? null))
		})
	}

	/** @param head the last message of the branch that was continued last: it is shown if the branch on screen is not in the tree. */
	protected replaceTree(tree: TurnTree, head: string | null): void {
		batch(() => {
			this.tree.value = tree
			if (tree.find(this.leaf.value) !== undefined) return
			const newest = tree.endingWith(head) ?? tree.all.at(-1)
			this.leaf.value = newest === undefined ? undefined : tree.leafBelow(newest).id
		})
	}

	protected remove(turn: PageTurn): void {
		batch(() => {
			if (this.leaf.value === turn.id) this.leaf.value = this.tree.value.endingWith(turn.parent ?? null)?.id
			this.tree.value = this.tree.value.without(turn.id)
		})
	}

	protected change(turn: PageTurn, change: Partial<PageTurn>): void {
		const current = this.tree.value.find(turn.id)
		if (current !== undefined) this.tree.value = this.tree.value.replace(turn.id, { ...current, ...change })
	}

	/** The entry of this device's storage that has the branch shown last. */
	protected leafEntry(conversation: string): string {
		return `leaf.${conversation}`
	}

	private showEnd(turn: PageTurn | undefined): void {
		if (turn === undefined) this.leaf.value = undefined
		else this.showLeaf(turn.id)
	}

	protected showLeaf(id: string): void {
		this.leaf.value = id
		for (const turn of this.path.peek()) this.choices.set(turn.parent, turn.id)
		if (this.id.value === undefined) return
		thisDevice.write(this.leafEntry(this.id.value), id)
		const shown = route.peek()
		const last = this.tree.value.find(id)?.last
		if (!this.ending.signal.aborted && shown.name === 'conversation' && shown.id === this.id.value) nameMessage(last)
	}
}

const empty = new TurnTree([])
