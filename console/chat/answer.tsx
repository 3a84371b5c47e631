// An answer: its parts in their order, how it ended, and a line with its branches, actions and facts.

import { Square } from 'lucide'
import { useState } from 'preact/hooks'
import { formatTime, text } from '../languages/languages.ts'
import { attempt } from '../parts/attempt.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Mark } from '../parts/icon.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import type { Answer } from '../state/answer.ts'
import type { AnswerPart } from '../state/answer-part.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import { OpenEdit } from '../state/open-edits.ts'
import { probabilityOptions } from '../state/request-fields.ts'
import { languageOf } from '../state/text-language.ts'
import { isEmpty, type PageTurn } from '../state/turn-tree.ts'
import { AnswerEnd } from './answer-end.tsx'
import { AnswerMenu } from './answer-menu.tsx'
import { AnswerPartView } from './answer-part.tsx'
import { answeringModel } from './answering-model.ts'
import { AskAgain } from './ask-again.tsx'
import { EditText } from './edit-text.tsx'
import { Facts } from './facts.tsx'
import { focusAnswer } from './focus-turn.ts'
import { joinedParts, joinedText } from './joined-parts.ts'
import { MarginNotes } from './margin-notes.tsx'
import { RegenerateButtons } from './regenerate-buttons.tsx'
import { Siblings } from './siblings.tsx'
import { useVoice } from './use-voice.ts'

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
	const edit = new OpenEdit(chat.id.value, 'answer', turns.at(-1)?.id ?? '')
	const [editing, setEditing] = useState(() => edit.read() !== undefined)
	// Subscribes to changes of the parts.
	for (const joined of turns) joined.answer.version.value
	const parts = joinedParts(turns)
	const voice = useVoice(joinedText(parts))
	const turn = turns.at(-1)
	const first = turns[0]
	if (turn === undefined || first === undefined) return null
	const { answer } = turn
	const model = name ?? answeringModel(turn)
	const words = text.value
	const showsProbabilities = turn.options?.top_logprobs !== undefined && !hidesProbabilities
	const state = answer.state.value
	const running = answer.isRunning && state.type !== 'unsent'
	const hasText = parts.some(({ type }) => type === 'text')
	const asks = !isEmpty(first.question)
	return (
		<article class="turn answer" aria-label={words.answerLabel(number, model)} data-turn={turn.id}>
			<div class="speaker">
				<b>{model}</b>
				<time dateTime={new Date(first.createdAtMs).toISOString()}>{formatTime(first.createdAtMs, Date.now())}</time>
				<MarginNotes chat={chat} turn={turn} name={name} />
			</div>
			<div class="body" lang={running ? undefined : languageOf(joinedText(parts))}>
				{editing ? (
					<EditText
						hasLines
						value={joinedText(parts)}
						edit={edit}
						label={words.editAnswer}
						saveLabel={words.save}
						branch={chat.tree.value.siblings(first).indexOf(first) + 1}
						onSave={async (changed) => {
							const index = chat.path.value.indexOf(first)
							const saved = await attempt(correct(chat, turns, changed))
							if (!saved) return false
							setEditing(false)
							focusAnswer(chat.path.value[index]?.id)
							return true
						}}
						onCancel={() => setEditing(false)}
					/>
				) : (
					parts.map((part, index) => (
						<AnswerPartView
							key={index}
							part={part}
							open={running && index === parts.length - 1}
							chat={chat}
							turn={turn}
							showsProbabilities={showsProbabilities}
							onContinueFrom={
								asks && chat.choosesModel && isBeginning(parts, index)
									? (begun) => chat.answerFrom(first, begun, probabilityOptions)
									: undefined
							}
						/>
					))
				)}
				{running && answer.parts.length === 0 && <Waiting answer={answer} model={model} />}
				{showsProbabilities && !running && lacksProbabilities(answer) && (
					<p class="muted small-note">{words.noProbabilities}</p>
				)}
				<AnswerEnd chat={chat} turn={turn} />
				{!answer.isRunning && !editing && (
					<div class="facts-line">
						{turns.map((joined) => (
							<Siblings key={joined.id} chat={chat} turn={joined} />
						))}
						{hasText && <CopyButton shortcut="C" content={() => joinedText(parts)} />}
						<RegenerateButtons chat={chat} turn={turn} choosesModel={chat.choosesModel} />
						<AnswerMenu
							chat={chat}
							turns={turns}
							hasText={hasText}
							canEdit={asks && chat.choosesModel && turn.last !== undefined && parts.every(isWritten) && hasText}
							onEdit={() => setEditing(true)}
							showsProbabilities={showsProbabilities}
							onToggleProbabilities={() => {
								if (turn.options?.top_logprobs === undefined) chat.regenerate(turn, { options: probabilityOptions })
								else setHidesProbabilities(!hidesProbabilities)
							}}
							voice={voice}
							isNamed={name === undefined}
						/>
						{voice?.isReading === true && (
							<IconButton small node={Square} label={words.stopReading} onClick={voice.toggle} />
						)}
						<Facts answer={answer} />
					</div>
				)}
				<AskAgain chat={chat} turn={turn} />
			</div>
		</article>
	)
}

async function correct(chat: Chat, turns: readonly PageTurn[], changed: string): Promise<void> {
	const { correctAnswer } = await import('../state/correct-answer.ts')
	await correctAnswer(chat, turns, changed)
}

/** Whether text arrived without the probabilities of its tokens. */
const lacksProbabilities = ({ parts }: Answer): boolean =>
	parts.some((part) => part.type === 'text') && parts.every((part) => part.type !== 'text' || part.tokens === undefined)

/** What a corrected answer replaces: its text, and the thoughts before it. */
const isWritten = ({ type }: AnswerPart): boolean => type === 'text' || type === 'reasoning'

/** Whether nothing but thoughts comes before the part: only then an answer can begin with it. */
const isBeginning = (parts: readonly AnswerPart[], index: number): boolean =>
	parts.slice(0, index).every(({ type }) => type === 'reasoning')

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
