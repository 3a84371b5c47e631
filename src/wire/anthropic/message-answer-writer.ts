// Writes a complete response as a `message`. Source: the types of Anthropic's SDKs.

import type { Choice, Completion } from '../../chat/completion.ts'
import { refusalOf, toolCallsOf } from '../../chat/parts.ts'
import { restFor } from '../../chat/rest.ts'
import { type BlockShape, writePart } from './content-block-writer.ts'
import { messagesWire } from './formats.ts'
import { writeStop } from './stop-reason-writer.ts'
import { writeUsage } from './usage-writer.ts'

/** Values that are the same in every part of one response. */
export interface MessageIdentity {
	readonly id: string
	/**
	 * The name that the client requested: Claude Code sends signed thinking back only to the model named in the response.
	 */
	readonly model: string
}

export function writeMessage({ choices, usage }: Completion, { id, model }: MessageIdentity, shape: BlockShape) {
	const [choice] = choices
	return {
		id,
		type: 'message',
		role: 'assistant',
		model,
		content: (choice?.parts ?? []).flatMap((part) => writePart(part, shape)),
		container: null,
		diagnostics: null,
		...writeEnding(choice),
		...restFor(messagesWire, choice?.rest),
		usage: writeUsage(usage),
	}
}

function writeEnding(choice: Choice | undefined) {
	if (choice === undefined) return writeStop({ reason: 'stop', hasCalls: false, refusal: '' })
	const { finishReason: reason, stopText, parts } = choice
	return writeStop({ reason, stopText, hasCalls: toolCallsOf(parts).length > 0, refusal: refusalOf(parts) })
}
