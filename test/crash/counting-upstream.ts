// A model server that sends as many words as the request specifies, one token each, and counts the words sent for every
// request.

export interface CountingUpstream {
	readonly url: string
	/** Words sent for the request whose last message begins with `mark`. */
	sent(mark: string): number
	stop(): Promise<void>
}

/** The form of a message: `MARK COUNT GAPMS`. */
export function order(mark: string, count: number, gapMs: number): string {
	return `${mark} ${count} ${gapMs}`
}

/** What is answered to it. */
export function answerTo(text: string): string {
	const [mark = '', count = '0'] = text.split(' ')
	return words(mark, Number(count)).join('')
}

function words(mark: string, count: number): readonly string[] {
	return Array.from({ length: count }, (_, index) => `${index === 0 ? '' : ' '}${mark}.${index}`)
}

export const promptTokens = 10

export function startCountingUpstream(): CountingUpstream {
	const counts = new Map<string, number>()
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		idleTimeout: 0,
		async fetch(request) {
			const { messages, stream } = JSON.parse(await request.text())
			const [mark, count, gapMs] = String(messages.at(-1).content).split(' ') as [string, string, string]
			const reply = words(mark, Number(count))
			const usage = {
				prompt_tokens: promptTokens,
				completion_tokens: reply.length,
				total_tokens: promptTokens + reply.length,
			}
			if (stream === true)
				return eventStream(
					streamWords(reply, Number(gapMs), usage, () => counts.set(mark, (counts.get(mark) ?? 0) + 1)),
				)
			await Bun.sleep(Number(gapMs) * reply.length)
			counts.set(mark, reply.length)
			const message = { role: 'assistant', content: reply.join('') }
			const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
			return Response.json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage })
		},
	})
	return {
		url: `http://127.0.0.1:${server.port}/v1`,
		sent: (mark) => counts.get(mark) ?? 0,
		stop: () => server.stop(true),
	}
}

function eventStream(events: AsyncGenerator<string>): Response {
	return new Response(events, { headers: { 'content-type': 'text/event-stream' } })
}

async function* streamWords(
	reply: readonly string[],
	gapMs: number,
	usage: object,
	counted: () => void,
): AsyncGenerator<string> {
	const event = (choices: readonly object[], more: object = {}) =>
		`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`
	const choice = (delta: object, finish: string | null = null) => [{ index: 0, delta, finish_reason: finish }]
	yield event(choice({ role: 'assistant', content: '' }))
	for (const word of reply) {
		await Bun.sleep(gapMs)
		counted()
		yield event(choice({ content: word }))
	}
	yield `${event(choice({}, 'stop'))}${event([], { usage })}data: [DONE]\n\n`
}
