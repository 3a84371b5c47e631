// An upstream in a process of its own, which does not slow the server: it reads no body, and answers each path with one fixed answer. It
// prints its URL.

const dimensions = 2048

const answers: Readonly<Record<string, string>> = {
	'/v1/chat/completions': JSON.stringify({
		id: 'c',
		object: 'chat.completion',
		created: 1,
		model: 'm',
		choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	}),
	'/v1/completions': JSON.stringify({
		id: 'c',
		object: 'text_completion',
		created: 1,
		model: 'm',
		choices: [{ index: 0, text: 'ok', finish_reason: 'stop' }],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	}),
	'/v1/messages': JSON.stringify({
		id: 'm',
		type: 'message',
		role: 'assistant',
		model: 'm',
		content: [{ type: 'text', text: 'ok' }],
		stop_reason: 'end_turn',
		usage: { input_tokens: 1, output_tokens: 1 },
	}),
	'/v1/embeddings': JSON.stringify({
		object: 'list',
		model: 'm',
		data: Array.from({ length: 1000 }, (_, index) => ({
			object: 'embedding',
			index,
			embedding: Array.from({ length: dimensions }, (_, at) => Math.sin(index * at)),
		})),
		usage: { prompt_tokens: 1, total_tokens: 1 },
	}),
}

const server = Bun.serve({
	port: 0,
	hostname: '127.0.0.1',
	maxRequestBodySize: 1_000_000_000,
	async fetch(request) {
		await request.arrayBuffer()
		const { pathname } = new URL(request.url)
		return new Response(answers[pathname] ?? '{}', { headers: { 'content-type': 'application/json' } })
	},
})
process.stdout.write(`${server.url.origin}\n`)
