// A native modal dialog, open while it is rendered.

import { useLayoutEffect, useRef } from 'preact/hooks'

/** The properties of a modal `dialog` element. @param onClose called once, when Esc or `onClose` of the result closes it. */
export function useModal(onClose: () => void) {
	const ref = useRef<HTMLDialogElement>(null)
	const isClosed = useRef(false)
	// A layout effect: the next key must not reach the page below.
	useLayoutEffect(() => ref.current?.showModal(), [])
	const close = () => {
		if (isClosed.current) return
		isClosed.current = true
		// Gives the focus back.
		ref.current?.close()
		onClose()
	}
	// The browser fires `close` a frame late, when another dialog may be open.
	const onCancel = (event: Event) => {
		// The `cancel` event of a file input bubbles.
		if (event.target !== event.currentTarget) return
		event.preventDefault()
		close()
	}
	return { ref, onCancel, onClose: close }
}
