// A question. It hangs on the opening quotation mark of the interface's language.

import { Ellipsis, Pencil, SquareDashedText } from 'lucide'
import { useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { MenuItem } from '../parts/menu-item.tsx'
import { Popover } from '../parts/popover.tsx'
import type { Chat } from '../state/chat.ts'
import { OpenEdit } from '../state/open-edits.ts'
import { languageOf } from '../state/text-language.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { EditText } from './edit-text.tsx'
import { focusQuestion } from './focus-turn.ts'
import { QuestionFrame } from './question-frame.tsx'
import { selectTurn } from './select-turn.ts'
import { ToolResultsView } from './tool-results-view.tsx'

/** Longer questions are folded. */
const foldedLines = 12

export interface QuestionViewProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly number: number
}

export function QuestionView(properties: QuestionViewProps) {
	return properties.turn.question.results === undefined ? (
		<AskedQuestion {...properties} />
	) : (
		<ToolResultsView {...properties} />
	)
}

function AskedQuestion({ chat, turn, number }: QuestionViewProps) {
	const edit = new OpenEdit(turn.last === undefined ? undefined : chat.id.value, 'question', turn.id)
	const [editing, setEditing] = useState(() => edit.read() !== undefined)
	const [unfolded, setUnfolded] = useState(false)
	const frame = useRef<HTMLDivElement>(null)
	const { question } = turn
	const lines = question.text.split('\n').length
	const long = lines > foldedLines || question.text.length > foldedLines * 160
	const words = text.value
	return (
		<QuestionFrame number={number} question={question}>
			{editing ? (
				<EditText
					value={question.text}
					edit={edit}
					label={words.edit}
					saveLabel={words.send}
					branch={chat.tree.value.siblings(turn).indexOf(turn) + 1}
					onSave={async (changed) => {
						setEditing(false)
						chat.edit(turn, changed)
						focusQuestion(chat.leaf.value)
						return true
					}}
					onCancel={() => setEditing(false)}
				/>
			) : (
				<>
					<div ref={frame} class={long && !unfolded ? 'folded' : ''} lang={languageOf(question.text)}>
						{question.text}
					</div>
					{long && (
						<button type="button" class="button ghost small" onClick={() => setUnfolded(!unfolded)}>
							{unfolded ? words.foldLines : words.showAllLines(lines)}
						</button>
					)}
					<div class="tools">
						<IconButton small node={Pencil} label={words.edit} shortcut="E" onClick={() => setEditing(true)} />
						<CopyButton content={() => question.text} />
						<Popover
							label={words.more}
							button={(attributes) => (
								<IconButton small class="turn-menu only-touch" node={Ellipsis} label={words.more} {...attributes} />
							)}
						>
							{(close) => (
								<>
									<MenuItem node={Pencil} label={words.edit} close={close} run={() => setEditing(true)} />
									<MenuItem
										node={SquareDashedText}
										label={words.selectText}
										close={close}
										run={() => selectTurn(frame.current?.closest('.turn'))}
									/>
								</>
							)}
						</Popover>
					</div>
				</>
			)}
		</QuestionFrame>
	)
}
