// How an answer ended, if not as usual: a sentence, and what the person can do.

import { type text as languageText, text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Notice } from '../parts/notice.tsx'
import type { Answer } from '../state/answer.ts'
import type { AnswerFailure } from '../state/answer-state.ts'
import type { Chat } from '../state/chat.ts'
import type { PageTurn } from '../state/turn-tree.ts'
import { Unsent } from './unsent.tsx'

type Sentences = (typeof languageText)['value']

export interface AnswerEndProps {
	readonly chat: Chat
	readonly turn: PageTurn
}

export function AnswerEnd({ chat, turn }: AnswerEndProps) {
	const { answer, model } = turn
	const words = text.value
	const state = answer.state.value
	switch (state.type) {
		case 'sending':
		case 'waiting':
		case 'streaming':
		case 'detached':
		case 'catching-up':
			return null
		case 'unsent':
			return <Unsent chat={chat} turn={turn} reason={state.reason} />
		case 'stopped':
			return (
				<p class="end-note">
					{stoppedSentence(answer, words)} <ContinueButton chat={chat} turn={turn} />
				</p>
			)
		case 'done':
			if (state.end === 'length')
				return (
					<p class="end-note">
						{answer.usage.value === undefined ? words.lengthLimitUnknown : words.lengthLimit(answer.usage.value.output)}{' '}
						<ContinueButton chat={chat} turn={turn} />
					</p>
				)
			if (state.end === 'filter') return <Notice kind="failure">{words.contentFilter}</Notice>
			if (!answer.parts.every((part) => 'text' in part && part.text === '')) return null
			if (turn.continues !== undefined || turn.question.answered !== undefined)
				return <p class="end-note">{words.nothingAdded}</p>
			return <Notice kind="plain">{words.emptyAnswer}</Notice>
		case 'failed':
			return <Failure chat={chat} turn={turn} failure={state.failure} model={model} />
	}
	state satisfies never
}

function stoppedSentence(answer: Answer, words: Sentences): string {
	if (answer.parts.length === 0) return words.stoppedBefore
	const tokens = answer.usage.value?.output
	return tokens === undefined ? words.stopped : words.stoppedAfter(tokens)
}

/** What the person can wait for, or avoid. */
const limits: readonly AnswerFailure['kind'][] = ['limit', 'overloaded', 'too-long']

interface FailureProps extends AnswerEndProps {
	readonly failure: AnswerFailure
	readonly model: string
}

function Failure({ chat, turn, failure, model }: FailureProps) {
	const words = text.value
	const details = failure.message === '' ? '' : words.serverWords(failure.message)
	const actions = (
		<>
			<ContinueButton chat={chat} turn={turn} />
			{failure.kind === 'too-long' && (
				<button type="button" class="button small" onClick={() => chat.leaveOutOldest(turn)}>
					{words.leaveOutOldest}
				</button>
			)}
			<button type="button" class="button small" onClick={() => chat.retry(turn)}>
				{words.tryAgain}
			</button>
			<CopyButton isLabelled label={words.copyDetails} content={() => detailsOf(turn, failure)} />
			{turn.last === undefined && (
				<button type="button" class="button small" onClick={() => chat.withdraw(turn)}>
					{words.doNotSend}
				</button>
			)}
		</>
	)
	return (
		<Notice kind={limits.includes(failure.kind) ? 'limit' : 'failure'} actions={actions}>
			{failureSentence(failure, turn.answer, model, words)}
			{details !== '' && <div class="muted">{details}</div>}
		</Notice>
	)
}

/** For a report to the operator: without the person's text. */
function detailsOf({ id, model, createdAtMs }: PageTurn, { kind, message, requestId }: AnswerFailure): string {
	const details = {
		failure: kind,
		message,
		request: requestId,
		turn: id,
		model,
		at: new Date(createdAtMs).toISOString(),
	}
	return JSON.stringify(details, null, 2)
}

/** Continues an answer that ended before it was complete, if text of it arrived. */
function ContinueButton({ chat, turn }: AnswerEndProps) {
	if (turn.answer.parts.at(-1)?.type !== 'text') return null
	return (
		<button type="button" class="button small" aria-keyshortcuts="." onClick={() => chat.continue(turn)}>
			{text.value.continueAnswer}
		</button>
	)
}

function failureSentence({ kind }: AnswerFailure, answer: Answer, model: string, words: Sentences): string {
	switch (kind) {
		case 'limit':
		case 'overloaded':
			return words.tooMany
		case 'unavailable':
			return words.unavailable(model)
		case 'not-reached':
			return words.notReached
		case 'restarted':
			return words.restarted
		case 'too-long':
			return words.tooLong(model)
		case 'no-model':
			return words.modelNotFound(model)
		case 'broke-off':
			if (answer.parts.length === 0) return words.unavailable(model)
			return answer.usage.value === undefined ? words.brokeOff : words.brokeOffAfter(answer.usage.value.output)
		case 'other':
			return words.failed
	}
	kind satisfies never
}
