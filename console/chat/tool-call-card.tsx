// A call of a tool, and a field for its result: the page runs no code.

import { Wrench } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { AnswerPart } from '../state/answer.ts'
import type { Chat } from '../state/chat.ts'
import { giveResult, resultOf } from '../state/tool-results.ts'
import type { PageTurn } from '../state/turn-tree.ts'

export interface ToolCallCardProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly part: AnswerPart & { readonly type: 'tool-call' }
	/** Whether the call still grows. */
	readonly open: boolean
}

export function ToolCallCard({ chat, turn, part, open }: ToolCallCardProps) {
	const [result, setResult] = useState('')
	const words = text.value
	const { callId } = part
	const given = callId === undefined ? undefined : resultOf(turn, callId)
	const isAnswered = chat.tree.value.children(turn).length > 0
	const give = (output: string) => {
		if (callId !== undefined) giveResult(chat, turn, callId, output)
	}
	return (
		<section class="call-card" aria-label={words.toolCall(part.name)}>
			<header>
				<Icon node={Wrench} />
				<b>{part.name}</b>
				<code>{part.arguments}</code>
			</header>
			{given !== undefined && !isAnswered && <p class="muted">{words.callAnswered(given)}</p>}
			{callId !== undefined && given === undefined && !open && !isAnswered && (
				<form
					onSubmit={(event) => {
						event.preventDefault()
						give(result)
					}}
				>
					<textarea
						class="input json"
						rows={2}
						aria-label={words.resultOf(part.name)}
						placeholder={words.toolResult}
						value={result}
						onInput={({ currentTarget: { value } }) => setResult(value)}
					/>
					<div class="actions">
						<button type="submit" class="button small primary" disabled={result.trim() === ''}>
							{words.answerCall}
						</button>
						<button
							type="button"
							class="button small"
							disabled={result.trim() === ''}
							onClick={() => give(`Error: ${result}`)}
						>
							{words.answerWithError}
						</button>
						{/* Models read English best; the sentence is not shown. */}
						<button type="button" class="button small ghost" onClick={() => give(skipped)}>
							{words.skipCall}
						</button>
					</div>
				</form>
			)}
		</section>
	)
}

/** What the model reads for a call that was skipped. */
const skipped = 'Error: The user skipped this call.'
