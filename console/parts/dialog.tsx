// A modal dialog of the platform: it traps the focus and gives it back.

import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useModal } from './modal.ts'

export interface DialogProps {
	readonly title: string
	readonly children: ComponentChildren
	/** Esc, or a button that the content has. */
	readonly onClose: () => void
}

export function Dialog({ title, children, onClose }: DialogProps) {
	const id = useId()
	return (
		<dialog {...useModal(onClose)} aria-labelledby={id}>
			<h2 id={id}>{title}</h2>
			{children}
		</dialog>
	)
}
