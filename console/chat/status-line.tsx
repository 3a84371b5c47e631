// One line above the composer about the connection, or about the model.

import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { model } from '../state/models.ts'

export function StatusLine({ chat }: { readonly chat: Chat }) {
	const words = text.value
	const online = useOnline()
	const states = chat.path.value.map(({ answer }) => answer.state.value)
	const detached = states.find((state) => state.type === 'detached')
	// Most losses are shorter than a second and not worth a sentence.
	const seconds = useSeconds(detached?.sinceMs ?? 0, detached === undefined)
	const connection = !online ? words.offline : detached !== undefined && seconds >= 1 ? words.reconnecting : undefined
	return (
		<div class="status-line" role="status">
			{connection ?? model.value?.note}
		</div>
	)
}

function useOnline(): boolean {
	const [online, setOnline] = useState(navigator.onLine)
	useEffect(() => {
		const change = () => setOnline(navigator.onLine)
		window.addEventListener('online', change)
		window.addEventListener('offline', change)
		return () => {
			window.removeEventListener('online', change)
			window.removeEventListener('offline', change)
		}
	}, [])
	return online
}
