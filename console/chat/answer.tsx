// An answer: its parts in their order, how it ended, and a line with its branches, actions and facts.

import { Code, RefreshCw } from 'lucide'
import { formatTime, text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Mark } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import type { Answer, AnswerPart } from '../state/answer.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { codeTurn, sidePanel, toggleCodeOf } from '../state/side-panel.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerPartView } from './answer-part.tsx'
import { Facts } from './facts.tsx'
import { Siblings } from './siblings.tsx'
import { TextPart } from './text-part.tsx'
import { ToolCallCard } from './tool-call-card.tsx'

export interface AnswerViewProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly number: number
}

export function AnswerView({ chat, turn, number }: AnswerViewProps) {
	const { answer, model } = turn
	// Subscribes to changes of the parts.
	answer.version.value
	const words = text.value
	const running = answer.state.value && answer.isRunning
	return (
		<article class="turn answer" aria-label={words.answerLabel(number, model)} data-turn={turn.id}>
			<div class="speaker">
				<b>{model}</b>
				<time dateTime={new Date(turn.createdAtMs).toISOString()}>{formatTime(turn.createdAtMs, Date.now())}</time>
			</div>
			<div class="body">
				{answer.parts.map((part, index) => (
					<Part key={index} chat={chat} turn={turn} part={part} open={running && index === answer.parts.length - 1} />
				))}
				{running && answer.parts.length === 0 && <Waiting answer={answer} model={model} />}
				<AnswerEnd chat={chat} turn={turn} />
				{!running && (
					<div class="facts-line">
						<Siblings chat={chat} turn={turn} />
						{answer.text !== '' && <CopyButton content={() => answer.text} />}
						<IconButton
							small
							node={RefreshCw}
							label={words.regenerate}
							shortcut="R"
							onClick={() => chat.regenerate(turn)}
						/>
						<IconButton
							small
							node={Code}
							label={words.showCode}
							aria-pressed={sidePanel.value === 'code' && codeTurn.value === turn.id}
							onClick={() => toggleCodeOf(turn.id)}
						/>
						<Facts answer={answer} />
					</div>
				)}
			</div>
		</article>
	)
}

interface PartProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly part: AnswerPart
	readonly open: boolean
}

function Part({ chat, turn, part, open }: PartProps) {
	if (part.type === 'tool-call') return <ToolCallCard chat={chat} turn={turn} part={part} open={open} />
	if (part.type === 'text') return <TextPart turn={turn} text={part.text} open={open} />
	return <AnswerPartView part={part} open={open} />
}

/** Until the first token: the mark breathes, and after ten seconds the sentence says how long. */
function Waiting({ answer, model }: { readonly answer: Answer; readonly model: string }) {
	const seconds = useSeconds(answer.sentAtMs ?? Date.now())
	const words = text.value
	return (
		<div class="waiting" role="status">
			<Mark />
			<span>{seconds < 10 ? words.waitingFor(model) : words.waitingLong(model, seconds)}</span>
		</div>
	)
}
