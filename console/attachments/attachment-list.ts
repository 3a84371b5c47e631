// The attachments of the question that a person writes. Files are read as soon as they are added; what could be read is stored
// on this device until the question is sent.

import { batch, type ReadonlySignal, signal } from '@preact/signals'
import { newClientId } from '../state/client-id.ts'
import { type Question, type QuestionDocument, writeQuestion } from '../state/turn-tree.ts'
import { type Attachment, type AttachmentContent, attachmentBounds } from './attachment.ts'
import { hasStoredAttachments, readStoredAttachments, storeAttachments } from './stored-attachments.ts'

export class AttachmentList {
	private readonly current = signal<readonly Attachment[]>([])
	private readonly restoring = signal(false)
	private conversation: string | undefined
	/** Counts what is to be stored. */
	private changes = 0
	private storing = false

	constructor(conversation: string | undefined) {
		this.conversation = conversation
		if (hasStoredAttachments(conversation)) void this.load()
	}

	get items(): ReadonlySignal<readonly Attachment[]> {
		return this.current
	}

	get isReading(): boolean {
		return this.restoring.value || this.current.value.some(({ content }) => content.type === 'reading')
	}

	get hasPictures(): boolean {
		return this.current.value.some(({ content }) => content.type === 'picture')
	}

	/** Whether there is anything to send. */
	get isEmpty(): boolean {
		return !this.current.value.some(isReadable)
	}

	addFiles(files: Iterable<File>): void {
		for (const file of files) void this.readInto(this.add(file.name, { type: 'reading' }, file), file)
	}

	/** Reads the file of an attachment again, whose reader could not be loaded. */
	retry({ id, file }: Attachment): void {
		if (file === undefined) return
		this.change(this.current.value.map((item) => (item.id === id ? { ...item, content: { type: 'reading' } } : item)))
		void this.readInto(id, file)
	}

	addText(name: string, text: string): void {
		this.add(name, { type: 'text', text })
	}

	remove(id: string): void {
		this.change(this.current.value.filter((attachment) => attachment.id !== id))
	}

	/** Removes all from the screen. What is stored remains until `store`. */
	take(): void {
		this.current.value = []
	}

	/** Adds attachments that were read before. */
	restore(attachments: readonly Attachment[]): void {
		this.change([...attachments, ...this.current.value])
	}

	/** Stores what is shown instead of what was stored before. */
	store(): void {
		this.changes++
		if (!this.storing) void this.storeChanges()
	}

	moveTo(conversation: string): void {
		void storeAttachments(this.conversation, [])
		this.conversation = conversation
		this.store()
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

	/** One write at a time: changes meanwhile are one more write. */
	private async storeChanges(): Promise<void> {
		this.storing = true
		for (let stored = 0; stored < this.changes; ) {
			stored = this.changes
			await storeAttachments(this.conversation, this.current.value.filter(isReadable).map(withoutFile))
		}
		this.storing = false
	}

	private async readInto(id: string, file: File): Promise<void> {
		// The file may have been moved or deleted after it was chosen.
		this.replace(id, await read(file).catch(() => ({ type: 'refused', reason: 'type' }) as const))
	}

	private add(name: string, content: AttachmentContent, file?: File): string {
		const id = newClientId()
		this.change([...this.current.value, { id, name, content, file }])
		return id
	}

	private replace(id: string, read: AttachmentContent): void {
		const others = this.current.value.filter((item) => item.id !== id)
		const total = others.reduce((sum, item) => sum + sizeOf(item.content), sizeOf(read))
		const content: AttachmentContent =
			total > attachmentBounds.totalBytes ? { type: 'refused', reason: 'total-size' } : read
		this.change(this.current.value.map((item) => (item.id === id ? { ...item, content } : item)))
	}

	private change(attachments: readonly Attachment[]): void {
		this.current.value = attachments
		this.store()
	}

	private async load(): Promise<void> {
		this.restoring.value = true
		const stored = await readStoredAttachments(this.conversation)
		batch(() => {
			this.restoring.value = false
			this.restore(stored)
		})
	}
}

/** The code arrives with the first file, unless the server cannot be reached or has another version of the page. */
async function read(file: File): Promise<AttachmentContent> {
	const reader = await import('./read-attachment.ts').catch(() => undefined)
	return reader === undefined ? { type: 'refused', reason: 'reader' } : reader.readAttachment(file)
}

/** In bytes of the request. */
const sizeOf = (content: AttachmentContent): number =>
	content.type === 'text' ? new Blob([content.text]).size : content.type === 'picture' ? content.url.length : 0

/** A picture as chosen may be much larger than what is sent. */
const withoutFile = ({ id, name, content }: Attachment): Attachment => ({ id, name, content })

const isReadable = ({ content }: Attachment): boolean => content.type === 'text' || content.type === 'picture'
