// The attachments of the question that a person writes. Files are read as soon as they are added.

import { type ReadonlySignal, signal } from '@preact/signals'
import { type Question, type QuestionDocument, writeQuestion } from '../state/turn-tree.ts'
import type { Attachment, AttachmentContent } from './attachment.ts'
import { readAttachment } from './read-attachment.ts'

export class AttachmentList {
	private readonly current = signal<readonly Attachment[]>([])

	get items(): ReadonlySignal<readonly Attachment[]> {
		return this.current
	}

	get isReading(): boolean {
		return this.current.value.some(({ content }) => content.type === 'reading')
	}

	get hasPictures(): boolean {
		return this.current.value.some(({ content }) => content.type === 'picture')
	}

	/** Whether there is anything to send. */
	get isEmpty(): boolean {
		return !this.current.value.some(({ content }) => content.type === 'text' || content.type === 'picture')
	}

	addFiles(files: Iterable<File>): void {
		for (const file of files) {
			const id = this.add(file.name, { type: 'reading' })
			void readAttachment(file).then(
				(content) => this.replace(id, content),
				// The file was moved or deleted after it was chosen.
				() => this.replace(id, { type: 'refused', reason: 'type' }),
			)
		}
	}

	addText(name: string, text: string): void {
		this.add(name, { type: 'text', text })
	}

	remove(id: string): void {
		this.current.value = this.current.value.filter((attachment) => attachment.id !== id)
	}

	clear(): void {
		this.current.value = []
	}

	/** The question with what could be read. */
	question(text: string): Question {
		const documents: QuestionDocument[] = []
		const images: string[] = []
		for (const { name, content } of this.current.value)
			if (content.type === 'text') documents.push({ name, text: content.text })
			else if (content.type === 'picture') images.push(content.url)
		return writeQuestion({ text, documents, images })
	}

	private add(name: string, content: AttachmentContent): string {
		const id = crypto.randomUUID()
		this.current.value = [...this.current.value, { id, name, content }]
		return id
	}

	private replace(id: string, content: AttachmentContent): void {
		this.current.value = this.current.value.map((item) => (item.id === id ? { ...item, content } : item))
	}
}
