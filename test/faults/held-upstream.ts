// An OpenAI-compatible upstream whose answers are held by the test: each sends its first token, and the rest when the
// test releases it. The text of the user's message is the name of the answer.

export interface HeldUpstream {
	readonly url: string
	/** Resolves when the answer has begun. */
	begun(name: string): Promise<void>
	/** Lets answers end, also those that begin later. */
	release(...names: readonly string[]): void
	/** Whether the gateway ended the connection of an answer before its end. */
	aborted(name: string): boolean
	/** Number of received requests. */
	requests(): number
	close(): void
}

/** The usage of each answer. */
export const heldUsage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
/** The text of each answer. */
export const heldText = 'one two three'

export function openHeldUpstream(): HeldUpstream {
	const gates = new Map<string, { begun: PromiseWithResolvers<void>; released: PromiseWithResolvers<void> }>()
	const aborted = new Set<string>()
	let requests = 0
	const gateOf = (name: string) => {
		const gate = gates.get(name) ?? { begun: Promise.withResolvers(), released: Promise.withResolvers() }
		gates.set(name, gate)
		return gate
	}
	const server = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		idleTimeout: 0,
		async fetch(request) {
			requests++
			const body = (await request.json()) as {
				readonly stream?: boolean
				readonly messages: readonly { readonly content: unknown }[]
			}
			const content = body.messages.at(-1)?.content
			const name = typeof content === 'string' ? content : JSON.stringify(content)
			const { begun, released } = gateOf(name)
			request.signal.addEventListener('abort', () => aborted.add(name))
			begun.resolve()
			if (body.stream !== true) {
				await released.promise
				const message = { role: 'assistant', content: heldText }
				const choices = [{ index: 0, message, finish_reason: 'stop' }]
				return Response.json({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage: heldUsage })
			}
			const chunk = (delta: object, more: object = {}) =>
				`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, ...more }] })}\n\n`
			return new Response(
				async function* () {
					yield chunk({ role: 'assistant', content: 'one' })
					await released.promise
					yield chunk({ content: ' two' }) + chunk({ content: ' three' }) + chunk({}, { finish_reason: 'stop' })
					yield `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: heldUsage })}\n\ndata: [DONE]\n\n`
				},
				{ headers: { 'content-type': 'text/event-stream' } },
			)
		},
	})
	return {
		url: `http://127.0.0.1:${server.port}/v1`,
		begun: (name) => gateOf(name).begun.promise,
		release: (...names) => {
			for (const name of names) gateOf(name).released.resolve()
		},
		aborted: (name) => aborted.has(name),
		requests: () => requests,
		close: () => void server.stop(true),
	}
}
