// A question that was not sent as attachments again.

import { newClientId } from '../state/client-id.ts'
import type { Question } from '../state/turn-tree.ts'
import type { Attachment, AttachmentContent } from './attachment.ts'

export function attachmentsOf({ documents = [], images }: Question): readonly Attachment[] {
	return [
		...documents.map(({ name, text }) => attachment(name, { type: 'text', text })),
		...images.map((url) => attachment(pictureName(url), { type: 'picture', url })),
	]
}

const attachment = (name: string, content: AttachmentContent): Attachment => ({ id: newClientId(), name, content })

const pictureName = (url: string): string => /^data:image\/(\w+)/.exec(url)?.[1] ?? 'png'
