// Shows the probabilities of an answer's tokens. An answer has none unless its request asked for them: then it is generated
// again with them.

import { ChartNoAxesColumn } from 'lucide'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'

/** The fields of a request whose answer has probabilities. */
export const probabilityOptions = { include: ['message.output_text.logprobs'], top_logprobs: 5 } as const

export interface ProbabilitiesButtonProps {
	readonly shown: boolean
	readonly onToggle: () => void
}

export function ProbabilitiesButton({ shown, onToggle }: ProbabilitiesButtonProps) {
	const words = text.value
	return (
		<IconButton
			small
			node={ChartNoAxesColumn}
			label={shown ? words.hideProbabilities : words.showProbabilities}
			aria-pressed={shown}
			onClick={onToggle}
		/>
	)
}
