// A short message that disappears after eight seconds, unless the pointer or the focus is on it. Never the only sign of an
// error.

import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'

export interface ToastMessage {
	readonly text: string
	readonly action?: { readonly label: string; readonly run: () => void }
	/** Called when the message disappears, or another one replaces it, unless the action has run. */
	readonly onClose?: (() => void) | undefined
}

const message = signal<ToastMessage | undefined>(undefined)

export const showToast = (next: ToastMessage): void => {
	const { value: former } = message
	message.value = next
	former?.onClose?.()
}

const shownMs = 8000

export function Toast() {
	const shown = message.value
	const [held, setHeld] = useState(false)
	useEffect(() => {
		if (shown === undefined || held) return undefined
		const timer = setTimeout(() => {
			message.value = undefined
			shown.onClose?.()
		}, shownMs)
		return () => clearTimeout(timer)
	}, [shown, held])
	if (shown === undefined) return null
	return (
		<div
			class="toast"
			role="status"
			onPointerEnter={() => setHeld(true)}
			onPointerLeave={() => setHeld(false)}
			onFocusCapture={() => setHeld(true)}
			onBlurCapture={() => setHeld(false)}
		>
			{shown.text}
			{shown.action !== undefined && (
				<button
					type="button"
					onClick={() => {
						message.value = undefined
						shown.action?.run()
					}}
				>
					{shown.action.label}
				</button>
			)}
		</div>
	)
}
