// What is wrong with a request in the form of FastAPI, which Albert API and OpenGateLLM are made with: a list of complaints, each with the
// place of the fault. It knows no status.

import type { ChatError } from '../../chat/error.ts'

export interface ValidationComplaint {
	/** Where it is: `body`, and the steps from there. */
	readonly loc: readonly (string | number)[]
	readonly msg: string
	/** A stable word for the cause. */
	readonly type: string
}

export function writeValidationDetail({ message, param, code }: ChatError): readonly ValidationComplaint[] {
	return [{ loc: ['body', ...stepsOf(param ?? '')], msg: message, type: code ?? 'value_error' }]
}

/** `messages[2].content` in steps. */
function stepsOf(param: string): readonly (string | number)[] {
	return Array.from(param.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([step, index]) =>
		index === undefined ? step : Number(index),
	)
}
