// Reads the streamed answer to a question, in any dialect, as pieces of text. It does not print them.

import { EventSourceParserStream } from 'eventsource-parser/stream'
import { isObject } from '../chat/json.ts'
import { CliError } from './cli-error.ts'
import type { DialectQuestion } from './dialect-question.ts'
import { messageIn } from './server-connection.ts'

export interface AnswerPiece {
	readonly type: 'text' | 'reasoning'
	readonly text: string
}

export interface AnswerEnd {
	/** Whether it ended at the token limit. */
	readonly isCut: boolean
	/** The model that the response names, if it names one. */
	readonly model: string | undefined
}

/**
 * The pieces of an answer, in order.
 *
 * @throws CliError if the stream reports a failure or ends too early, or the reason of an aborted signal.
 */
export async function* readAnswer(
	{ body }: Response,
	dialect: DialectQuestion,
	signal?: AbortSignal,
): AsyncGenerator<AnswerPiece, AnswerEnd> {
	let [isComplete, isCut] = [false, false]
	let model: string | undefined
	for await (const data of readEvents(body, signal)) {
		const event = data === '[DONE]' ? data : parse(data)
		if (isObject(event) && (event.error !== undefined || event.type === 'error'))
			throw new CliError(messageIn(event) ?? 'The server reported a failure.')
		isComplete ||= dialect.isLast(event)
		isCut ||= dialect.isCut(event)
		model ??= dialect.readModel(event)
		const reasoning = dialect.readReasoning(event)
		if (reasoning !== '') yield { type: 'reasoning', text: reasoning }
		const text = dialect.readText(event)
		if (text !== '') yield { type: 'text', text }
	}
	if (!isComplete) throw new CliError(incomplete)
	return { isCut, model }
}

const incomplete = 'The answer is incomplete: the connection was closed.'

/** The data of each event. */
async function* readEvents(body: Response['body'], signal: AbortSignal | undefined): AsyncGenerator<string> {
	if (body === null) return
	const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
	try {
		for await (const { data } of events) yield data
	} catch {
		if (signal?.aborted === true) throw signal.reason
		throw new CliError(incomplete)
	}
}

function parse(data: string): unknown {
	try {
		return JSON.parse(data)
	} catch {
		throw new CliError('The server sent an event that is not JSON: check the address.')
	}
}
