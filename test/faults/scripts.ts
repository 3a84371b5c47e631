// How an upstream may answer or fail to, each as a script. One script serves both kinds of request: what it breaks is
// an event stream if one was requested, else one JSON object.

import type { Exchange, Script } from './scripted-upstream.ts'

/** The answer of a healthy upstream, and its token counts. */
export const answerText = 'one two three'
export const answerUsage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }

const identity = { id: 'chatcmpl-upstream', created: 1, model: 'm' }
const words = ['one', ' two', ' three'] as const

export function wantsStream({ request }: Exchange): boolean {
	return (JSON.parse(request.body) as { stream?: boolean }).stream === true
}

/** One event of a stream with the text `content`. */
export function textEvent(content: string, finish: string | null = null): string {
	const delta = { role: 'assistant', content }
	return event({
		...identity,
		object: 'chat.completion.chunk',
		choices: [{ index: 0, delta, finish_reason: finish }],
	})
}

export const lastEvents =
	event({ ...identity, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) +
	event({ ...identity, object: 'chat.completion.chunk', choices: [], usage: answerUsage }) +
	'data: [DONE]\n\n'

function event(value: object): string {
	return `data: ${JSON.stringify(value)}\n\n`
}

/** A whole completion. */
export function completionText(content = answerText): string {
	const message = { role: 'assistant', content }
	return JSON.stringify({
		...identity,
		object: 'chat.completion',
		choices: [{ index: 0, message, finish_reason: 'stop' }],
		usage: answerUsage,
	})
}

export function head(status: number, headers: Readonly<Record<string, string | number>>): string {
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
	return `HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`
}

export const streamHead = head(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' })

export function chunked(data: string | Uint8Array): Buffer {
	const bytes = Buffer.from(data)
	return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

/** The beginning of either kind of answer, with nothing of the body. */
function begin(exchange: Exchange, bodyBytes = completionText().length): Promise<void> {
	return exchange.send(wantsStream(exchange) ? streamHead : jsonHead(bodyBytes))
}

function jsonHead(bodyBytes: number): string {
	return head(200, { 'content-type': 'application/json', 'content-length': bodyBytes })
}

/** Answers with this status and body, on a connection that stays open. */
export function answers(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Script {
	return (exchange) =>
		exchange.send(
			head(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers }) +
				body,
		)
}

/** Fails with an error as OpenAI words it. */
export function refuses(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Script {
	return answers(status, JSON.stringify({ error: { message, type: 'scripted', param: null, code: null } }), headers)
}

/** The answer that all is well with, which takes `wordMs` a word. */
export function healthy(wordMs = 0, text: readonly string[] = words): Script {
	return async (exchange) => {
		if (!wantsStream(exchange)) {
			await exchange.pause(wordMs * text.length)
			return answers(200, completionText(text.join('')))(exchange)
		}
		await exchange.send(streamHead)
		for (const word of text) {
			if (wordMs > 0) await exchange.pause(wordMs)
			await exchange.send(chunked(textEvent(word)))
		}
		await exchange.send(Buffer.concat([chunked(lastEvents), Buffer.from(lastChunk)]))
	}
}

/** Never responds. */
export const silent: Script = (exchange) => exchange.request.disconnected

/** A stream of this, and what `then` does with the connection. Other requests get half a completion first. */
export function beginsThen(events: string | Uint8Array, then: Script): Script {
	return async (exchange) => {
		await begin(exchange)
		await exchange.send(wantsStream(exchange) ? chunked(events) : completionText().slice(0, 40))
		// So that what was sent is read by itself: a reset may overtake it.
		await exchange.pause(settleMs)
		await then(exchange)
	}
}

const settleMs = 60
const twoEvents = textEvent('one') + textEvent(' two')

export function endsConnection(exchange: Exchange): void {
	exchange.end()
}

export function resetsConnection(exchange: Exchange): void {
	exchange.reset()
}

export const resetBeforeHeaders: Script = resetsConnection

export const resetAfterHeaders: Script = async (exchange) => {
	await begin(exchange)
	await exchange.pause(settleMs)
	exchange.reset()
}

export const cutMidEvent = beginsThen(twoEvents + textEvent(' three').slice(0, 30), endsConnection)
export const cutBetweenEvents = beginsThen(twoEvents, endsConnection)
export const resetMidStream = beginsThen(twoEvents, resetsConnection)
export const stallsMidStream = beginsThen(twoEvents, silent)

/** The stream ends as HTTP should, but the answer in it does not. */
export const endsBeforeFinish = beginsThen(twoEvents, async (exchange) => {
	if (wantsStream(exchange)) await exchange.send(lastChunk)
	else exchange.end()
})

/** Sends its headers after `ms`. */
export function slowHeaders(ms: number): Script {
	return async (exchange) => {
		await exchange.pause(ms)
		await healthy()(exchange)
	}
}

/** Sends its headers immediately, and the body after `ms`. */
export function slowBody(ms: number): Script {
	return async (exchange) => {
		await begin(exchange)
		await exchange.pause(ms)
		if (!wantsStream(exchange)) return exchange.send(completionText())
		await exchange.send(Buffer.concat([chunked(textEvent(answerText) + lastEvents), Buffer.from(lastChunk)]))
	}
}

/** A web page with status 200. */
export const webPage = answers(200, '<!doctype html><title>It works!</title>', { 'content-type': 'text/html' })

export const notHttp: Script = (exchange) => exchange.send('SSH-2.0-OpenSSH_9.6\r\n\r\n')

/** Garbage as an event, first of all or after a good one. */
export function garbageEvent(before: string): Script {
	return (exchange) =>
		wantsStream(exchange)
			? exchange.send(Buffer.concat([Buffer.from(streamHead), chunked(`${before}data: <html>\n\n`)]))
			: answers(200, '{"choices": [')(exchange)
}

/** The byte 0xFF instead of a letter. */
export const invalidUtf8: Script = (exchange) => {
	const bytes = (text: string) => Buffer.from(text.replace('two', 'tw?').replace('?', '\xff'), 'latin1')
	if (!wantsStream(exchange))
		return exchange.send(Buffer.concat([Buffer.from(jsonHead(completionText().length)), bytes(completionText())]))
	return exchange.send(
		Buffer.concat([
			Buffer.from(streamHead),
			chunked(bytes(textEvent(answerText))),
			chunked(lastEvents),
			Buffer.from(lastChunk),
		]),
	)
}

/** Promises `extraBytes` more than it sends, or fewer where negative, and ends the connection. */
export function wrongLength(extraBytes: number): Script {
	return async (exchange) => {
		const stream = wantsStream(exchange)
		const body = stream ? textEvent('one') + textEvent(' two') + textEvent(' three') + lastEvents : completionText()
		const type = stream ? 'text/event-stream' : 'application/json'
		await exchange.send(head(200, { 'content-type': type, 'content-length': body.length + extraBytes }) + body)
		await exchange.pause(settleMs)
		exchange.end()
	}
}

/** Number of bytes of a streamed answer after its second event. */
export const bytesAfterTwoEvents = (textEvent(' three') + lastEvents).length

/** A valid answer, compressed although the request does not accept that. */
export const compressed: Script = async (exchange) => {
	const stream = wantsStream(exchange)
	const body = Bun.gzipSync(stream ? textEvent(answerText) + lastEvents : completionText())
	const type = stream ? 'text/event-stream' : 'application/json'
	await exchange.send(head(200, { 'content-type': type, 'content-encoding': 'gzip', 'content-length': body.length }))
	await exchange.send(body)
}

/** Status 200, and an error as the body or as the stream's first event. */
export const errorWithStatus200: Script = (exchange) => {
	const error = JSON.stringify({ error: { message: 'out of memory', type: 'server_error', code: null } })
	if (!wantsStream(exchange)) return answers(200, error)(exchange)
	return exchange.send(Buffer.concat([Buffer.from(streamHead), chunked(`data: ${error}\n\n`), Buffer.from(lastChunk)]))
}

/** An error as the third event. */
export const errorMidStream = beginsThen(
	`${twoEvents}data: ${JSON.stringify({ error: { message: 'out of memory', type: 'server_error' } })}\n\n`,
	silent,
)

/**
 * Never ends: an event every `everyMs`; for other requests, as often, so many spaces in front of a JSON object. 0 is as
 * fast as it is read.
 */
export function endless(everyMs: number, spaces: number): Script {
	return async (exchange) => {
		const stream = wantsStream(exchange)
		const chunk = chunked(stream ? textEvent(' more') : ' '.repeat(spaces))
		await exchange.send(
			stream ? streamHead : head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }),
		)
		while (!exchange.closed) {
			await exchange.send(chunk)
			if (everyMs > 0) await exchange.pause(everyMs)
		}
	}
}

/** One answer, or one event, of this many bytes. */
export function large(bytes: number): Script {
	return async (exchange) => {
		const stream = wantsStream(exchange)
		await exchange.send(
			stream ? streamHead : head(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }),
		)
		const [before, after] = (stream ? textEvent('?') : completionText('?')).split('?')
		const chunk = chunked('x'.repeat(65_536))
		await exchange.send(chunked(before ?? ''))
		for (let sent = 0; sent < bytes && !exchange.closed; sent += 65_536) await exchange.send(chunk)
		await exchange.send(Buffer.concat([chunked((after ?? '') + (stream ? lastEvents : '')), Buffer.from(lastChunk)]))
	}
}
