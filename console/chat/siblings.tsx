// Steps between the turns that continue from the same message.

import { ChevronLeft, ChevronRight } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'

export function Siblings({ chat, turn }: { readonly chat: Chat; readonly turn: PageTurn }) {
	const siblings = chat.tree.value.siblings(turn)
	if (siblings.length < 2) return null
	const index = siblings.indexOf(turn)
	const words = text.value
	const step = (offset: number) => {
		const next = siblings[index + offset]
		if (next !== undefined) chat.show(next)
	}
	return (
		// biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
		<span class="siblings" role="group" aria-label={words.siblingLabel(index + 1, siblings.length)}>
			<IconButton
				small
				node={ChevronLeft}
				label={words.previousAnswer}
				shortcut="Alt ←"
				disabled={index === 0}
				onClick={() => step(-1)}
			/>
			{words.ofMany(index + 1, siblings.length)}
			<IconButton
				small
				node={ChevronRight}
				label={words.nextAnswer}
				shortcut="Alt →"
				disabled={index === siblings.length - 1}
				onClick={() => step(1)}
			/>
		</span>
	)
}
