// Why an answer ended, as Anthropic's API says it.

import type { FinishReason } from '../../chat/event.ts'

/** How a choice ended, and what it had said by then. */
export interface Ending {
	readonly reason: FinishReason
	readonly stopText?: string | undefined
	readonly hasCalls: boolean
	readonly refusal: string
}

export function writeStop(ending: Ending) {
	const reason = stopReason(ending)
	return {
		stop_reason: reason,
		stop_sequence: reason === 'stop_sequence' ? (ending.stopText ?? null) : null,
		stop_details:
			reason === 'refusal'
				? { type: 'refusal', category: null, explanation: ending.refusal === '' ? null : ending.refusal }
				: null,
	}
}

function stopReason({ reason, stopText, hasCalls, refusal }: Ending): string {
	switch (reason) {
		case 'stop':
			if (stopText !== undefined) return 'stop_sequence'
			// Some servers say `stop` behind calls too; this wire's clients carry calls out on `tool_use` alone.
			if (hasCalls) return 'tool_use'
			return refusal === '' ? 'end_turn' : 'refusal'
		case 'length':
			return 'max_tokens'
		case 'tool-calls':
			return 'tool_use'
		case 'content-filter':
			return 'refusal'
	}
}
