// What a person has written and attached in one conversation and not sent yet. It is stored on this device.

import { batch, signal } from '@preact/signals'
import { AttachmentList } from '../attachments/attachment-list.ts'
import { attachmentsOf } from '../attachments/attachments-of.ts'
import { storeAttachments } from '../attachments/stored-attachments.ts'
import { readDraft, writeDraft } from './drafts.ts'
import type { Question } from './turn-tree.ts'

export class Draft {
	readonly text
	readonly attachments: AttachmentList
	private conversation: string | undefined

	constructor(conversation: string | undefined) {
		this.conversation = conversation
		this.text = signal(readDraft(conversation))
		this.attachments = new AttachmentList(conversation)
	}

	get isEmpty(): boolean {
		return this.text.value.trim() === '' && this.attachments.items.value.length === 0
	}

	write(text: string): void {
		this.text.value = text
		writeDraft(this.conversation, text)
	}

	/** Empties the draft on screen. What is stored remains until `forget`. */
	take(): Question {
		const question = this.attachments.question(this.text.value)
		batch(() => {
			this.text.value = ''
			this.attachments.take()
		})
		return question
	}

	/** The question that was taken is stored elsewhere now. */
	forget(): void {
		if (this.text.value === '') writeDraft(this.conversation, '')
		this.attachments.store()
	}

	/** Makes a question that was not sent the draft again, unless the person has begun another one. */
	restore(question: Question): void {
		if (!this.isEmpty) return
		this.write(question.text)
		this.attachments.restore(attachmentsOf(question))
	}

	/** A new conversation has got its id: what was written meanwhile belongs to it. */
	moveTo(conversation: string): void {
		writeDraft(this.conversation, '')
		this.conversation = conversation
		writeDraft(conversation, this.text.value)
		this.attachments.moveTo(conversation)
	}
}

/** Stores a question as the draft of a conversation that is not on screen. */
export function storeDraft(conversation: string | undefined, question: Question): void {
	writeDraft(conversation, question.text)
	void storeAttachments(conversation, attachmentsOf(question))
}
