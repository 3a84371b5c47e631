// A question. It hangs on the opening quotation mark of the interface's language.

import { Pencil } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import type { Chat } from '../state/chat.ts'
import { languageOf } from '../state/text-language.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { EditQuestion } from './edit-question.tsx'
import { QuestionFrame } from './question-frame.tsx'
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
	const [editing, setEditing] = useState(false)
	const [unfolded, setUnfolded] = useState(false)
	const { question } = turn
	const lines = question.text.split('\n').length
	const long = lines > foldedLines || question.text.length > foldedLines * 160
	const words = text.value
	return (
		<QuestionFrame number={number} question={question}>
			{editing ? (
				<EditQuestion
					turn={turn}
					branches={chat.tree.value.siblings(turn).length}
					onSave={(changed) => {
						setEditing(false)
						chat.edit(turn, changed)
					}}
					onCancel={() => setEditing(false)}
				/>
			) : (
				<>
					<div class={long && !unfolded ? 'folded' : ''} lang={languageOf(question.text)}>
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
					</div>
				</>
			)}
		</QuestionFrame>
	)
}
