// Answers a question again: with the model of the next questions, or with another one.

import { ChevronDown, RefreshCw } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
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
	return (
		<>
			<IconButton small node={RefreshCw} label={words.regenerate} shortcut="R" onClick={() => chat.retry(turn)} />
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
