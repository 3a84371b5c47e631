// Answers a question again: with the model of the next questions, or with another one, which a long press or the down arrow on
// the first button offers, too.

import { ChevronDown, RefreshCw } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { useLongPress } from '../parts/long-press.ts'
import { Popover } from '../parts/popover.tsx'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { ModelList } from './model-list.tsx'

export interface RegenerateButtonsProps {
	readonly chat: Chat
	readonly turn: PageTurn
	/** Whether the person may choose the model. */
	readonly choosesModel: boolean
}

export function RegenerateButtons({ chat, turn, choosesModel }: RegenerateButtonsProps) {
	const words = text.value
	// Without a choice, the next button is that of another menu.
	const offer = (button: Element) => choosesModel && offerModels(button)
	const longPress = useLongPress(offer)
	return (
		<>
			<IconButton
				small
				node={RefreshCw}
				label={words.regenerate}
				shortcut="R"
				{...longPress}
				onKeyDown={(event) => {
					if (event.key === 'ArrowDown' && offer(event.currentTarget)) event.preventDefault()
				}}
				onClick={() => chat.retry(turn)}
			/>
			{choosesModel && (
				<Popover
					label={words.answerWithOther}
					role="dialog"
					button={(attributes) => (
						<IconButton small node={ChevronDown} label={words.answerWithOther} shortcut="Shift R" {...attributes} />
					)}
				>
					{(close) => (
						<ModelList
							current={turn.model}
							onChoose={(model) => {
								close()
								chat.retry(turn, { model })
							}}
						/>
					)}
				</Popover>
			)}
		</>
	)
}

/** Opens the list of models beside the button. @returns whether there is one. */
function offerModels(button: Element): boolean {
	const opener = button.closest('button')?.nextElementSibling
	if (!(opener instanceof HTMLButtonElement) || !opener.hasAttribute('popovertarget')) return false
	opener.click()
	return true
}
