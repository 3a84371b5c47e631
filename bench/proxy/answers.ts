// Prepared bytes of OpenAI's wire: unary answers, the parts of a streamed one, failures. It does not decide when they
// are sent.

const head = {
	id: 'chatcmpl-mock',
	created: 1_700_000_000,
	model: 'mock',
	service_tier: 'default',
	system_fingerprint: 'fp_mock',
}
const usage = { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 }

export interface Answers {
	readonly whole: Buffer
	/** The head of a stream and its first event. */
	readonly first: Buffer
	/** One event of about 200 bytes. */
	readonly word: Buffer
	/** The last two events and the end. */
	readonly last: Buffer
	/** One event of 10 kB, for endless streams. */
	readonly block: Buffer
	/** Half an event. */
	readonly torn: Buffer
	/** The head of a unary answer and half of its body. */
	readonly half: Buffer
	/** Requests a retry after one second. */
	readonly tooMany: Buffer
	readonly broken: Buffer
}

export function makeAnswers(): Answers {
	const message = { role: 'assistant', content: 'The capital of France is Paris. '.repeat(8), refusal: null }
	const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
	const whole = writeJson({ ...head, object: 'chat.completion', choices, usage })
	const word = Buffer.from(chunk(event({ content: ' word' }, null)))
	const opening = chunk(event({ role: 'assistant', content: '', refusal: null }, null))
	const totals = `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\n`
	return {
		whole,
		first: Buffer.from(
			`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${opening}`,
		),
		word,
		last: Buffer.from(`${chunk(event({}, 'stop'))}${chunk(`${totals}data: [DONE]\n\n`)}0\r\n\r\n`),
		block: Buffer.from(chunk(event({ content: ' word'.repeat(2000) }, null))),
		torn: word.subarray(0, word.length / 2),
		half: whole.subarray(0, whole.length - 300),
		tooMany: writeJson({ error: { message: 'too many requests', type: 'requests' } }, '429 Too Many Requests', [
			'retry-after: 1',
		]),
		broken: writeJson({ error: { message: 'broken', type: 'server_error' } }, '500 Internal Server Error'),
	}
}

/** A JSON answer as bytes. */
export function writeJson(value: object, status = '200 OK', headers: readonly string[] = []): Buffer {
	const body = JSON.stringify(value)
	const lines = ['content-type: application/json', `content-length: ${body.length}`, ...headers]
	return Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

function event(delta: object, finishReason: string | null): string {
	const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }]
	return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, usage: null })}\n\n`
}

function chunk(text: string): string {
	return `${text.length.toString(16)}\r\n${text}\r\n`
}
