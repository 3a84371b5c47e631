// One part of an answer.

import { ChevronRight } from 'lucide'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { AnswerPart } from '../state/answer.ts'
import { useSeconds } from '../state/clock.ts'

export interface AnswerPartViewProps {
	/** Texts and calls depend on their turn: they are shown by it. */
	readonly part: Exclude<AnswerPart, { readonly type: 'text' | 'tool-call' }>
	/** Whether the part still grows. */
	readonly open: boolean
}

export function AnswerPartView({ part, open }: AnswerPartViewProps) {
	const words = text.value
	switch (part.type) {
		case 'reasoning':
			return <Thinking part={part} open={open} />
		case 'refusal':
			return <p>{words.declined(part.text)}</p>
		case 'image':
			return <img class="picture" src={part.url} alt={words.picture} />
		case 'other':
			return <p class="muted">{words.otherPart(part.kind)}</p>
	}
	part satisfies never
}

function Thinking({
	part,
	open,
}: {
	readonly part: AnswerPart & { readonly type: 'reasoning' }
	readonly open: boolean
}) {
	const words = text.value
	const { startedAtMs, endedAtMs } = part
	const seconds = useSeconds(startedAtMs ?? Date.now(), !open)
	if (part.text === '' && !open) return null
	const summary = open
		? words.thinking(seconds)
		: startedAtMs === undefined || endedAtMs === undefined
			? words.thought
			: words.thoughtFor(Math.max(1, Math.round((endedAtMs - startedAtMs) / 1000)))
	return (
		<details class="thinking">
			<summary>
				<Icon node={ChevronRight} />
				{summary}
			</summary>
			<div>{part.text}</div>
		</details>
	)
}
