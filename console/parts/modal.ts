// A modal element of the platform as part of what is rendered: it is open as long as it is there.

import { useLayoutEffect, useRef } from 'preact/hooks'

/** The properties of a modal `dialog` element. @param onClose called once, with Esc or when the element is closed. */
export function useModal(onClose: () => void) {
	const ref = useRef<HTMLDialogElement>(null)
	const isClosed = useRef(false)
	// Before the next key, which would act on what is below.
	useLayoutEffect(() => ref.current?.showModal(), [])
	const close = () => {
		if (isClosed.current) return
		isClosed.current = true
		// Gives the focus back.
		ref.current?.close()
		onClose()
	}
	// The event of the end comes a frame after the dialog has disappeared: a dialog that is opened meanwhile is another one.
	const onCancel = (event: Event) => {
		event.preventDefault()
		close()
	}
	return { ref, onCancel, onClose: close }
}
