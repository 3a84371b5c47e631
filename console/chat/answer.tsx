// An answer: its parts in their order, how it ended, and a line with its branches, actions and facts.

import { Code } from 'lucide'
import { useState } from 'preact/hooks'
import { formatTime, text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Mark } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import type { Answer } from '../state/answer.ts'
import type { AnswerPart } from '../state/answer-part.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { codeTurn, sidePanel, toggleCodeOf } from '../state/side-panel.ts'
import { languageOf } from '../state/text-language.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerPartView } from './answer-part.tsx'
import { Facts } from './facts.tsx'
import { ProbabilitiesButton, probabilityOptions } from './probabilities-button.tsx'
import { ReadAloudButton } from './read-aloud-button.tsx'
import { RegenerateButtons } from './regenerate-buttons.tsx'
import { Siblings } from './siblings.tsx'
import { joinedParts } from './talk-rows.ts'

export interface AnswerViewProps {
	readonly chat: Chat
	/** A turn, and those that continue its answer. */
	readonly turns: readonly PageTurn[]
	readonly number: number
	/** Shown instead of the model's name, which the person does not want to know yet. */
	readonly name?: string | undefined
}

export function AnswerView({ chat, turns, number, name }: AnswerViewProps) {
	const [hidesProbabilities, setHidesProbabilities] = useState(false)
	const turn = turns.at(-1)
	const first = turns[0]
	if (turn === undefined || first === undefined) return null
	const { answer } = turn
	const model = name ?? answer.model.value ?? turn.model
	// Subscribes to changes of the parts.
	for (const joined of turns) joined.answer.version.value
	const parts = joinedParts(turns)
	const words = text.value
	const showsProbabilities = turn.options?.top_logprobs !== undefined && !hidesProbabilities
	const state = answer.state.value
	const running = answer.isRunning && state.type !== 'unsent'
	return (
		<article class="turn answer" aria-label={words.answerLabel(number, model)} data-turn={turn.id}>
			<div class="speaker">
				<b>{model}</b>
				<time dateTime={new Date(first.createdAtMs).toISOString()}>{formatTime(first.createdAtMs, Date.now())}</time>
			</div>
			<div class="body" lang={running ? undefined : languageOf(joinedText(parts))}>
				{parts.map((part, index) => (
					<AnswerPartView
						key={index}
						part={part}
						open={running && index === parts.length - 1}
						chat={chat}
						turn={turn}
						showsProbabilities={showsProbabilities}
					/>
				))}
				{running && answer.parts.length === 0 && <Waiting answer={answer} model={model} />}
				{showsProbabilities && !running && lacksProbabilities(answer) && (
					<p class="muted small-note">{words.noProbabilities}</p>
				)}
				<AnswerEnd chat={chat} turn={turn} />
				{!answer.isRunning && (
					<div class="facts-line">
						{turns.map((joined) => (
							<Siblings key={joined.id} chat={chat} turn={joined} />
						))}
						{parts.some(({ type }) => type === 'text') && <CopyButton shortcut="C" content={() => joinedText(parts)} />}
						<RegenerateButtons chat={chat} turn={turn} choosesModel={chat.choosesModel} />
						{name === undefined && (
							<IconButton
								small
								node={Code}
								label={words.showCode}
								aria-pressed={sidePanel.value === 'code' && codeTurn.value === turn.id}
								onClick={() => toggleCodeOf(turn.id)}
							/>
						)}
						<ProbabilitiesButton
							shown={showsProbabilities}
							onToggle={() => {
								if (turn.options?.top_logprobs === undefined) chat.regenerate(turn, { options: probabilityOptions })
								else setHidesProbabilities(!hidesProbabilities)
							}}
						/>
						{parts.some(({ type }) => type === 'text') && <ReadAloudButton content={joinedText(parts)} />}
						<Facts answer={answer} />
					</div>
				)}
			</div>
		</article>
	)
}

/** Whether text arrived without the probabilities of its tokens. */
const lacksProbabilities = ({ parts }: Answer): boolean =>
	parts.some((part) => part.type === 'text') && parts.every((part) => part.type !== 'text' || part.tokens === undefined)

const joinedText = (parts: readonly AnswerPart[]): string =>
	parts.map((part) => (part.type === 'text' ? part.text : '')).join('')

/** Until the first token: the mark breathes, and the sentence says how many requests are ahead, and after ten seconds how long. */
function Waiting({ answer, model }: { readonly answer: Answer; readonly model: string }) {
	const seconds = useSeconds(answer.sentAtMs ?? Date.now())
	const words = text.value
	const ahead = answer.ahead.value
	return (
		<div class="waiting" role="status">
			<Mark />
			<span>
				{seconds < 10 ? words.waitingFor(model) : words.waitingLong(model, seconds)}
				{ahead !== undefined && ` ${words.aheadOfYours(ahead)}`}
			</span>
		</div>
	)
}
