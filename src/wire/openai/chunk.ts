// A message of an answer, parsed once: a chunk of a stream, or a unary completion, which has the same form. Missing
// fields and fields of unexpected types count as absent, because compatible servers differ. It does not know what the
// choices of an operation contain.

import { isObject } from '../../chat/json.ts'
import type { Usage } from '../../chat/usage.ts'
import { asCount, asText } from '../json/fields.ts'
import { asFinishReason } from '../json/finish-reason.ts'
import { readUsage } from './usage-reader.ts'

/** A JSON object as it was sent. */
export type SentObject = Readonly<Record<string, unknown>>

/** In place of a value that is not an object. */
export const emptyObject: SentObject = {}

/** The fields that choices of all operations share. */
export class ChunkChoice {
	/** 0 if absent. */
	readonly index: number
	readonly finishReason: string | undefined
	readonly sent: SentObject

	constructor(value: unknown) {
		this.sent = isObject(value) ? value : emptyObject
		this.index = asCount(this.sent.index) ?? 0
		this.finishReason = asFinishReason(this.sent.finish_reason)
	}

	/**
	 * The stop text that ended the choice: vLLM's `stop_reason`, SGLang's `matched_stop`. Both may also be the id of a
	 * token.
	 */
	get stopText(): string | undefined {
		return asText(this.sent.stop_reason) ?? asText(this.sent.matched_stop)
	}
}

export class Chunk<Choice extends ChunkChoice> {
	/** Undefined if the message has no list of choices. */
	readonly choices: readonly Choice[] | undefined
	/** Undefined for most chunks of a stream. Kimi reports it in a choice. */
	readonly usage: Usage | undefined
	/** Whether the message reports an error. */
	readonly isError: boolean
	readonly sent: SentObject

	/** @param value parsed JSON. */
	constructor(value: unknown, parseChoice: (value: unknown) => Choice) {
		const sent = isObject(value) ? value : emptyObject
		const { choices, error, usage } = sent
		this.sent = sent
		this.choices = Array.isArray(choices) ? choices.map(parseChoice) : undefined
		this.usage = readUsage(usage) ?? readUsage(this.choices?.[0]?.sent.usage)
		this.isError = (error !== undefined && error !== null) || sent.object === 'error'
	}

	get model(): string | undefined {
		return asText(this.sent.model)
	}

	get fingerprint(): string | undefined {
		return asText(this.sent.system_fingerprint)
	}
}
