// The hidden input through which a person chooses files to attach; buttons open it.

import type { RefObject } from 'preact'
import { text } from '../languages/languages.ts'
import type { AttachmentList } from './attachment-list.ts'

export interface FileInputProps {
	readonly input: RefObject<HTMLInputElement | null>
	readonly attachments: AttachmentList
	/** Called after files were chosen. */
	readonly onChosen?: () => void
}

export function FileInput({ input, attachments, onChosen }: FileInputProps) {
	return (
		<input
			ref={input}
			type="file"
			multiple
			hidden
			aria-label={text.value.attach}
			onChange={({ currentTarget }) => {
				attachments.addFiles([...(currentTarget.files ?? [])])
				// The same file can be chosen again after it was removed.
				currentTarget.value = ''
				onChosen?.()
			}}
		/>
	)
}
