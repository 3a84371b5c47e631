// The menu of an answer: what is needed less often than to copy it and to regenerate it.

import { ChartNoAxesColumn, Code, Ellipsis, Pencil, Play, Square, SquareDashedText, Trash2, Volume2 } from 'lucide'
import { text } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { MenuItem } from '../parts/menu-item.tsx'
import { Popover } from '../parts/popover.tsx'
import type { Chat } from '../state/chat.ts'
import { codeTurn, sidePanel, toggleCodeOf } from '../state/side-panel.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { deletableBranch } from './deletable-branch.ts'
import { selectTurn } from './select-turn.ts'
import type { Voice } from './use-voice.ts'

export interface AnswerMenuProps {
	readonly chat: Chat
	/** A turn, and those that continue its answer. */
	readonly turns: readonly PageTurn[]
	/** Whether the answer has a text. */
	readonly hasText: boolean
	/** Whether it can be replaced by a text that the person writes. */
	readonly canEdit: boolean
	readonly onEdit: () => void
	readonly showsProbabilities: boolean
	readonly onToggleProbabilities: () => void
	/** Undefined in browsers without a voice. */
	readonly voice: Voice | undefined
	/** Whether the person knows the model: the request names it. */
	readonly isNamed: boolean
}

export function AnswerMenu(properties: AnswerMenuProps) {
	const { chat, turns, hasText, canEdit, onEdit, showsProbabilities, onToggleProbabilities, voice, isNamed } =
		properties
	const words = text.value
	const turn = turns.at(-1)
	if (turn === undefined) return null
	return (
		<Popover
			label={words.more}
			button={(attributes) => <IconButton small class="turn-menu" node={Ellipsis} label={words.more} {...attributes} />}
		>
			{(close) => (
				<>
					{canEdit && <MenuItem node={Pencil} label={words.editAnswer} close={close} run={onEdit} />}
					{hasText && turn.last !== undefined && (
						<MenuItem node={Play} label={words.continueAnswer} close={close} run={() => chat.continue(turn)} />
					)}
					{isNamed && (
						<MenuItem
							node={Code}
							label={words.showCode}
							close={close}
							checked={sidePanel.value === 'code' && codeTurn.value === turn.id}
							run={() => toggleCodeOf(turn.id)}
						/>
					)}
					{hasText && voice !== undefined && (
						<MenuItem
							node={voice.isReading ? Square : Volume2}
							label={voice.isReading ? words.stopReading : words.readAloud}
							close={close}
							run={voice.toggle}
						/>
					)}
					<MenuItem
						node={ChartNoAxesColumn}
						label={showsProbabilities ? words.hideProbabilities : words.showProbabilities}
						close={close}
						run={onToggleProbabilities}
					/>
					{hasText && (
						<MenuItem
							class="only-touch"
							node={SquareDashedText}
							label={words.selectText}
							close={close}
							run={() => selectTurn(document.querySelector(`[data-turn="${CSS.escape(turn.id)}"]`))}
						/>
					)}
					<DeleteItem chat={chat} turns={turns} close={close} />
				</>
			)}
		</Popover>
	)
}

function DeleteItem({ chat, turns, close }: Pick<AnswerMenuProps, 'chat' | 'turns'> & { readonly close: () => void }) {
	const turn = deletableBranch(chat, turns)
	if (turn === undefined) return null
	return (
		<MenuItem
			danger
			node={Trash2}
			label={text.value.deleteBranch}
			close={close}
			run={() => void attempt(deleteIt(chat, turn))}
		/>
	)
}

async function deleteIt(chat: Chat, turn: PageTurn): Promise<void> {
	const { deleteBranch } = await import('./delete-branch.ts')
	deleteBranch(chat, turn)
}
