// A question and its answers, as a row of the conversation.

import { useRef } from 'preact/hooks'
import { useLongPress } from '../parts/long-press.ts'
import type { Chat } from '../state/chat.ts'
import { isEmpty, type PageTurn } from '../state/turn-tree.ts'
import { AnswerView } from './answer.tsx'
import { useHeldFocus } from './held-focus.ts'
import { QuestionView } from './question.tsx'
import type { TalkRow } from './talk-rows.ts'
import { openTurnMenu } from './turn-press.ts'

export interface TalkRowViewProps {
	readonly chat: Chat
	readonly row: TalkRow
	/** Of the row in its conversation, from 1. */
	readonly number: number
}

export function TalkRowView({ chat, row, number }: TalkRowViewProps) {
	const longPress = useLongPress(openTurnMenu, 'touch')
	const view = useRef<HTMLDivElement>(null)
	useHeldFocus(view)
	return (
		<div ref={view} {...longPress}>
			{hasQuestion(row.first) && <QuestionView chat={chat} turn={row.first} number={number} />}
			<AnswerView chat={chat} turns={row.turns} number={number} />
		</div>
	)
}

/** A continuation of an answer has no question. */
const hasQuestion = ({ question }: PageTurn): boolean => !isEmpty(question) || question.results !== undefined
