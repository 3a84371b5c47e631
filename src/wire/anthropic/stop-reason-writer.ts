// Writes the finish reason in the format of Anthropic's API.

import type { FinishReason } from '../../chat/event.ts'

/** The finish reason of a choice, and the content that affects how it is written. */
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
			// Some servers report `stop` after tool calls; clients of this wire run calls only on `tool_use`.
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
