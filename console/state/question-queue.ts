// Questions that are asked after the answer in progress. They survive a reload of this tab.

import { signal } from '@preact/signals'
import { newClientId } from './client-id.ts'
import { thisTab } from './storage.ts'
import type { Question } from './turn-tree.ts'

const nameOf = (conversation: string | undefined) => `queue.${conversation ?? 'new'}`

export interface QueuedQuestion {
	readonly id: string
	readonly question: Question
}

export class QuestionQueue {
	readonly items = signal<readonly QueuedQuestion[]>([])
	private name: string | undefined

	/**
	 * Stores the questions under the conversation's id from now on, and adds those that are stored there.
	 *
	 * @param conversation undefined before the conversation has an id
	 */
	open(conversation: string | undefined): void {
		if (this.name !== undefined) thisTab.write(this.name, undefined)
		this.name = nameOf(conversation)
		this.change([...readStored(thisTab.read(this.name)), ...this.items.value])
	}

	/** Another new chat takes the place of this one: its questions are not those of this one. */
	leaveNew(): void {
		if (this.name !== nameOf(undefined)) return
		thisTab.write(this.name, undefined)
		this.name = undefined
	}

	add(question: Question): void {
		this.change([...this.items.value, { id: newClientId(), question }])
	}

	remove(id: string): void {
		this.change(this.items.value.filter((item) => item.id !== id))
	}

	/** Removes the oldest question and returns it. */
	take(): Question | undefined {
		const [first, ...others] = this.items.value
		if (first !== undefined) this.change(others)
		return first?.question
	}

	private change(items: readonly QueuedQuestion[]): void {
		this.items.value = items
		if (this.name !== undefined) thisTab.write(this.name, items.length === 0 ? undefined : JSON.stringify(items))
	}
}

function readStored(stored: string | undefined): readonly QueuedQuestion[] {
	try {
		const items: unknown = JSON.parse(stored ?? '[]')
		return Array.isArray(items) ? (items as readonly QueuedQuestion[]) : []
	} catch {
		return []
	}
}
