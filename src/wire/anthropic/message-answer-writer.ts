// Writes a complete response as a `message`. Source: the types of Anthropic's SDKs.

import type { Choice, Completion } from '../../chat/completion.ts'
import { isObject } from '../../chat/json.ts'
import { exactMembers } from '../../chat/json-text.ts'
import type { Source } from '../../chat/source.ts'
import { field } from '../json/fields.ts'
import { writeCall, writeReasoningBlock, writeText } from './content-block-writer.ts'
import { messageFormats } from './formats.ts'
import { writeStop } from './stop-reason-writer.ts'
import { withReportedUsage, writeUsage } from './usage-writer.ts'

/** Values that are the same in every part of one response. */
export interface MessageIdentity {
	readonly id: string
	/**
	 * The name that the client requested: Claude Code sends signed thinking back only to the model named in the response.
	 */
	readonly model: string
}

export interface MessageShape {
	/** Return only the signature of the thinking, not its text. */
	readonly hidesThinking: boolean
}

/**
 * @param source the text that the completion was read from. If it has this format, its content blocks are returned
 * unchanged.
 */
export function writeMessage(
	completion: Completion,
	identity: MessageIdentity,
	shape: MessageShape,
	source?: Source,
): object {
	const written = writeAnew(completion, identity, shape)
	if (source?.format !== messageFormats.whole || shape.hidesThinking) return written
	return overlay(written, source.value, completion.usage.source === 'upstream')
}

function writeAnew(completion: Completion, identity: MessageIdentity, shape: MessageShape) {
	const [choice] = completion.choices
	return {
		id: identity.id,
		type: 'message',
		role: 'assistant',
		model: identity.model,
		content: choice === undefined ? [] : writeContent(choice, shape),
		...writeEnding(choice),
		container: null,
		diagnostics: null,
		usage: writeUsage(completion.usage),
	}
}

/** Thinking first, calls last: the original order is no longer known. */
function writeContent(choice: Choice, { hidesThinking }: MessageShape): readonly object[] {
	const { text, refusal, reasoning, toolCalls } = choice
	const thoughts = choice.thoughts ?? [{ text: reasoning }]
	return [
		...thoughts.flatMap((thought) => writeReasoningBlock(thought, hidesThinking)),
		...(text === '' ? [] : [writeText(text)]),
		...(refusal === '' ? [] : [writeText(refusal)]),
		...toolCalls.flatMap(writeCall),
	]
}

function writeEnding(choice: Choice | undefined) {
	if (choice === undefined) return writeStop({ reason: 'stop', hasCalls: false, refusal: '' })
	const { finishReason: reason, stopText, toolCalls, refusal } = choice
	return writeStop({ reason, stopText, hasCalls: toolCalls.length > 0, refusal })
}

/** Identity fields are ours. Content, its order and unknown fields are the upstream's. */
function overlay(written: ReturnType<typeof writeAnew>, theirs: unknown, theyCounted: boolean): object {
	const { id, type, role, model, usage } = written
	return {
		...written,
		...(isObject(theirs) ? exactMembers(theirs) : {}),
		...{ id, type, role, model },
		usage: theyCounted ? withReportedUsage(usage, field(theirs, 'usage')) : usage,
	}
}
