// A modal dialog of the platform: it traps the focus and gives it back.

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface DialogProps {
	readonly title: string
	readonly children: ComponentChildren
	/** Esc, or a button that the content has. */
	readonly onClose: () => void
}

export function Dialog({ title, children, onClose }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null)
	const id = useId()
	useEffect(() => dialog.current?.showModal(), [])
	return (
		<dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
			<h2 id={id}>{title}</h2>
			{children}
		</dialog>
	)
}
