// How an answer ended, if not as usual: a sentence, and what the person can do.

import { useEffect } from 'preact/hooks'
import { formatCountdown, formatNumber, type text as languageText, text } from '../languages/languages.ts'
import { Notice } from '../parts/notice.tsx'
import type { Answer, AnswerFailure } from '../state/answer.ts'
import type { Chat } from '../state/chat.ts'
import { useSeconds } from '../state/clock.ts'
import type { PageTurn } from '../state/turn-tree.ts'

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
			return null
		case 'stopped':
			return <p class="end-note">{stoppedSentence(answer, words)}</p>
		case 'done':
			if (state.end === 'length')
				return (
					<p class="end-note">
						{answer.usage.value === undefined
							? words.lengthLimitUnknown
							: words.lengthLimit(formatNumber(answer.usage.value.output))}
					</p>
				)
			if (state.end === 'filter') return <Notice kind="failure">{words.contentFilter}</Notice>
			return answer.parts.every((part) => 'text' in part && part.text === '') ? (
				<Notice kind="plain">{words.emptyAnswer}</Notice>
			) : null
		case 'failed':
			return <Failure chat={chat} turn={turn} failure={state.failure} model={model} />
	}
	state satisfies never
}

function stoppedSentence(answer: Answer, words: Sentences): string {
	if (answer.parts.length === 0) return words.stoppedBefore
	const tokens = answer.usage.value?.output
	return tokens === undefined ? words.stopped : words.stoppedAfter(formatNumber(tokens))
}

interface FailureProps extends AnswerEndProps {
	readonly failure: AnswerFailure
	readonly model: string
}

function Failure({ chat, turn, failure, model }: FailureProps) {
	const words = text.value
	const { retryAtMs } = failure
	const waitMs = retryAtMs === undefined ? 0 : retryAtMs - Date.now()
	// Renders the countdown.
	useSeconds(0, waitMs <= 0)
	useEffect(() => {
		if (failure.kind !== 'limit' || retryAtMs === undefined) return undefined
		const timer = setTimeout(() => chat.retry(turn), Math.max(0, retryAtMs - Date.now()))
		return () => clearTimeout(timer)
	}, [failure])
	const retry = (
		<button type="button" class="button small" onClick={() => chat.retry(turn)}>
			{words.tryAgain}
		</button>
	)
	const details = failure.message === '' ? '' : words.serverWords(failure.message)
	return (
		<Notice kind={failure.kind === 'limit' ? 'limit' : 'failure'} actions={retry}>
			{failureSentence(failure, turn.answer, model, words, waitMs)}
			{details !== '' && <div class="muted">{details}</div>}
		</Notice>
	)
}

function failureSentence(
	{ kind }: AnswerFailure,
	answer: Answer,
	model: string,
	words: Sentences,
	waitMs: number,
): string {
	switch (kind) {
		case 'limit':
			return waitMs > 0 ? words.rateLimited(formatCountdown(waitMs)) : words.tooMany
		case 'unavailable':
			return words.unavailable(model)
		case 'not-reached':
			return words.notReached
		case 'restarted':
			return words.restarted
		case 'too-long':
			return words.tooLong(model)
		case 'broke-off':
			return answer.parts.length === 0 ? words.unavailable(model) : words.brokeOff
		case 'other':
			return words.failed
	}
	kind satisfies never
}
