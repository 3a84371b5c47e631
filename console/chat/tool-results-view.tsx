// The results of tool calls that were sent instead of a question.

import { text } from '../languages/languages.ts'
import { CodeBlock } from '../markdown/code-block.tsx'
import type { Chat } from '../state/chat.ts'
import type { PageTurn, ToolResult } from '../state/turn-tree.ts'
import { indentJson } from './tool-call-card.tsx'

export interface ToolResultsViewProps {
	readonly chat: Chat
	readonly turn: PageTurn
	readonly number: number
}

export function ToolResultsView({ chat, turn, number }: ToolResultsViewProps) {
	const words = text.value
	const calls = chat.tree.value.endingWith(turn.parent ?? null)?.answer.parts ?? []
	const nameOf = ({ callId }: ToolResult) =>
		calls.flatMap((part) => (part.type === 'tool-call' && part.callId === callId ? [part.name] : []))[0]
	return (
		<article class="turn question" aria-label={words.questionLabel(number)}>
			<div class="speaker" />
			<div class="body tool-results">
				{(turn.question.results ?? []).map((result) => {
					const name = nameOf(result)
					return (
						<section key={result.callId} class="tool-card">
							<div class="head">{name === undefined ? words.toolResult : words.toolResultOf(name)}</div>
							<CodeBlock language={isJson(result.output) ? 'json' : ''} code={indentJson(result.output)} open={false} />
						</section>
					)
				})}
			</div>
		</article>
	)
}

const isJson = (value: string): boolean => /^\s*[[{]/.test(value)
