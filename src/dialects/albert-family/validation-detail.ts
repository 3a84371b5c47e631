// A validation error in the format of FastAPI, on which Albert API and OpenGateLLM are built: a list of errors, each
// with the location of the invalid value. It does not set the status.

import type { ChatError } from '../../chat/error.ts'

export interface ValidationDetail {
	/** Location of the invalid value: `body`, followed by the path from there. */
	readonly loc: readonly (string | number)[]
	readonly msg: string
	/** Stable identifier of the cause. */
	readonly type: string
}

export function writeValidationDetail({ message, param, code }: ChatError): readonly ValidationDetail[] {
	return [{ loc: ['body', ...stepsOf(param ?? '')], msg: message, type: code ?? 'value_error' }]
}

/** Splits `messages[2].content` into its steps. */
function stepsOf(param: string): readonly (string | number)[] {
	return Array.from(param.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([step, index]) =>
		index === undefined ? step : Number(index),
	)
}
