// What a model thought before it answered: one line, unfolded on request. It streams while it is unfolded.

import { ChevronRight } from 'lucide'
import { useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { Icon } from '../parts/icon.tsx'
import type { AnswerPart } from '../state/answer-part.ts'
import { useSeconds } from '../state/clock.ts'

export interface ThinkingProps {
	readonly part: AnswerPart & { readonly type: 'reasoning' }
	/** Whether the model still thinks. */
	readonly open: boolean
}

export function Thinking({ part, open }: ThinkingProps) {
	const words = text.value
	const { startedAtMs, endedAtMs } = part
	const seconds = useSeconds(startedAtMs ?? Date.now(), !open)
	const [unfolded, setUnfolded] = useState(false)
	if (part.text === '' && !open) return null
	const summary = open
		? words.thinking(seconds)
		: startedAtMs === undefined || endedAtMs === undefined
			? words.thought
			: words.thoughtFor(Math.max(1, Math.round((endedAtMs - startedAtMs) / 1000)))
	return (
		<details class="thinking" open={unfolded} onToggle={({ currentTarget }) => setUnfolded(currentTarget.open)}>
			<summary>
				<Icon node={ChevronRight} />
				{summary}
			</summary>
			{unfolded && <div>{part.text}</div>}
		</details>
	)
}
