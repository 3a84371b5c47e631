// A tool call, with a field for its result: this page runs no code, so a person answers in the tool's stead.

import { Wrench } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import { Icon } from '../parts/icon.tsx'
import type { AnswerPart } from '../state/answer-part.ts'
import type { Chat } from '../state/chat.ts'
import { enteredResults, enterResult } from '../state/tool-results.ts'
import type { PageTurn } from '../state/turn-tree.ts'

/** Arguments of at most so many characters are beside the tool's name. */
const shortArguments = 48

export interface ToolCallCardProps {
	readonly part: AnswerPart & { readonly type: 'tool-call' }
	readonly open: boolean
	/** Absent if the call cannot be answered. */
	readonly chat?: Chat | undefined
	readonly turn: PageTurn
}

export function ToolCallCard({ part, open, chat, turn }: ToolCallCardProps) {
	const words = text.value
	const hasArguments = part.arguments !== '' && part.arguments !== '{}'
	const isShort = hasArguments && !open && part.arguments.length <= shortArguments
	const isLast = chat?.path.value.at(-1) === turn
	const entered = enteredResults(turn.answer).value.find(({ callId }) => callId === part.callId)
	return (
		<section class="tool-card" aria-label={words.toolCall(part.name)}>
			<div class="head">
				<Icon node={Wrench} />
				<b>{part.name}</b>
				{isShort && <code class="muted">{part.arguments}</code>}
			</div>
			{hasArguments && !isShort && (
				<CodeBlock language="json" code={open ? part.arguments : indentJson(part.arguments)} open={open} />
			)}
			{entered !== undefined ? (
				<p class="muted small-note">{words.callReady}</p>
			) : (
				chat !== undefined &&
				isLast &&
				!chat.isAnswering.value &&
				part.callId !== undefined && <ResultForm part={part} callId={part.callId} chat={chat} turn={turn} />
			)}
		</section>
	)
}

interface ResultFormProps extends Omit<ToolCallCardProps, 'open'> {
	readonly chat: Chat
	readonly callId: string
}

function ResultForm({ part, callId, chat, turn }: ResultFormProps) {
	const [value, setValue] = useState('')
	const words = text.value
	const answer = (output: string) => {
		const question = enterResult(turn.answer, { callId, output })
		if (question !== undefined) void chat.ask(question)
	}
	const empty = value.trim() === ''
	return (
		<form
			class="result"
			onSubmit={(event) => {
				event.preventDefault()
				if (!empty) answer(value)
			}}
		>
			<textarea
				class="input"
				rows={2}
				aria-label={words.toolResultOf(part.name)}
				placeholder={words.toolResultHelp}
				value={value}
				onInput={({ currentTarget }) => setValue(currentTarget.value)}
				onKeyDown={(event) => {
					if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || empty) return
					event.preventDefault()
					answer(value)
				}}
			/>
			<div class="row">
				<button type="button" class="button ghost small" onClick={() => answer(words.skippedCall)}>
					{words.skipCall}
				</button>
				<span class="space" />
				<button
					type="button"
					class="button small"
					disabled={empty}
					onClick={() => answer(JSON.stringify({ error: value }))}
				>
					{words.answerCallWithError}
				</button>
				<button type="submit" class="button primary small" disabled={empty}>
					{words.answerCall}
				</button>
			</div>
		</form>
	)
}

/** As it was written if it is not JSON. */
export function indentJson(json: string): string {
	try {
		return JSON.stringify(JSON.parse(json), undefined, 2)
	} catch {
		return json
	}
}
