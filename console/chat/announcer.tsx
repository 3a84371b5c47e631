// What a screen reader reads of an answer: that it has started, that it is complete, and each finished paragraph if the person
// has turned that on. The conversation itself is not a live region, because it would be read token by token.

import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import type { Answer } from '../state/answer.ts'
import type { Chat } from '../state/chat.ts'
import { settings } from '../state/settings.ts'

export function Announcer({ chat }: { readonly chat: Chat }) {
	const answer = chat.path.value.at(-1)?.answer
	const words = text.value
	const state = answer?.state.value.type
	const [sentence, setSentence] = useState('')
	/** Only the end of an answer whose beginning was announced is. */
	const started = useRef<Answer>(undefined)
	useEffect(() => {
		if (answer === undefined) return
		if (state === 'streaming' && started.current !== answer) {
			started.current = answer
			setSentence(words.answerStarted)
		} else if (state === 'done' && started.current === answer) {
			started.current = undefined
			const tokens = answer.usage.value?.output
			setSentence(tokens === undefined ? words.answerEnded : words.answerComplete(tokens))
		}
	}, [answer, state])
	return (
		<div class="hidden-text" role="status">
			<div>{sentence}</div>
			{settings.value.readsAnswers && answer !== undefined && state === 'streaming' && <Paragraphs answer={answer} />}
		</div>
	)
}

/** The last finished paragraph of a growing answer. */
function Paragraphs({ answer }: { readonly answer: Answer }) {
	answer.version.value
	const end = answer.text.lastIndexOf('\n\n')
	const finished =
		end === -1
			? ''
			: (answer.text
					.slice(0, end)
					.split(/\n{2,}/)
					.at(-1) ?? '')
	return <div>{finished}</div>
}
