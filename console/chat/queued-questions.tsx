// The questions that are asked after the answer in progress, above the message box.

import { X } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import type { Chat } from '../state/chat.ts'
import { nameOf } from '../state/turn-tree.ts'

export function QueuedQuestions({ chat }: { readonly chat: Chat }) {
	const items = chat.queue.items.value
	const words = text.value
	if (items.length === 0) return null
	return (
		<ul class="queued" aria-label={words.sentAfterAnswer}>
			{items.map(({ id, question }) => (
				<li key={id}>
					<span class="excerpt">{nameOf(question)}</span>
					{chat.isAnswering.value ? (
						<span class="muted">{words.sentAfterAnswer}</span>
					) : (
						<button type="button" class="button small" onClick={() => chat.askQueued()}>
							{words.sendQueued}
						</button>
					)}
					<IconButton small node={X} label={words.remove} onClick={() => chat.queue.remove(id)} />
				</li>
			))}
		</ul>
	)
}
