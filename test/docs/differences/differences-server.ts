// One server for the checks of the pages on migrations: models with the names that clients of the other services send, on
// the echo engine, on an upstream of Anthropic's API, and on an upstream that shows what it was sent.

import { listenEcho } from '../../echo-gateway.ts'
import { runCommand, startServer, type TestServer } from '../../server.ts'

/** What a page says in one row of its table, held against the server. */
export type DifferenceCheck = (server: DifferencesServer) => Promise<void>

/** By the first cell of the row. A row that the server cannot show has a reason instead. */
export type DifferenceChecks = Readonly<Record<string, DifferenceCheck | { readonly unchecked: string }>>

export interface Reply {
	readonly status: number
	readonly headers: Headers
	/** The value of a JSON body, else the text. */
	readonly body: unknown
}

export interface ReplyOptions {
	readonly body?: unknown
	readonly method?: string
	readonly key?: string
	readonly headers?: Readonly<Record<string, string>>
}

export interface DifferencesServer {
	readonly url: string
	readonly key: string
	/** Sends a request and reads the answer to its end. */
	send(path: string, options?: ReplyOptions): Promise<Reply>
	/** Requests a stream and leaves after its first bytes. */
	leaveStream(path: string, body: unknown, key?: string): Promise<void>
	createKey(...flags: readonly string[]): Promise<string>
	/** What the model `shown` was sent last. */
	sent(): unknown
	stop(): Promise<void>
}

export async function startDifferencesServer(): Promise<DifferencesServer> {
	const anthropic = listenEcho('127.0.0.1:0', 'claude')
	let sent: unknown
	const shown = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		async fetch(request) {
			sent = await request.json()
			return Response.json({
				id: 'cmpl-x',
				object: 'chat.completion',
				created: 1,
				model: 'shown',
				choices: [{ index: 0, message: { role: 'assistant', content: 'Bonjour' }, finish_reason: 'stop' }],
				usage: { prompt_tokens: 1234, completion_tokens: 2, total_tokens: 1236 },
			})
		},
	})
	const server = await startServer({
		config: `
models:
  echo: { route: echo, aliases: [gpt-4o-mini, AgentPublic/llama3-instruct-8b, gpt-3.5-turbo-0613, llama-3.1-70b-instruct] }
  priced: { route: echo, price: { input: 100, output: 400, currency: EUR } }
  claude: { route: claude }
  shown: { route: shown }
upstreams:
  echo: { engine: echo }
  claude: { engine: anthropic, url: "${new URL(anthropic.url).origin}/v1", key: any }
  shown: { engine: openai-compatible, url: "http://127.0.0.1:${shown.port}/v1" }
`,
	})
	return {
		url: server.url,
		key: server.key,
		send: (path, options = {}) => send(server, path, options),
		leaveStream: (path, body, key = server.key) => leaveStream(server, path, body, key),
		createKey: async (...flags) => {
			const created = await runCommand(['keys', 'create', '--name', 'some', '--data', server.data, ...flags])
			if (created.status !== 0) throw new Error(created.stderr)
			return created.stdout.trim()
		},
		sent: () => sent,
		async stop() {
			await server.stop()
			await shown.stop(true)
			await anthropic.close(0)
		},
	}
}

async function send(server: TestServer, path: string, options: ReplyOptions): Promise<Reply> {
	const { body, method = body === undefined ? 'GET' : 'POST', key = server.key } = options
	const headers = new Headers(options.headers)
	if (key !== '') headers.set('authorization', `Bearer ${key}`)
	const isForm = body instanceof FormData
	if (body !== undefined && !isForm) headers.set('content-type', 'application/json')
	const response = await fetch(server.url + path, {
		method,
		headers,
		body: isForm ? body : (JSON.stringify(body) ?? null),
	})
	const text = await response.text()
	return { status: response.status, headers: response.headers, body: parseBody(text) }
}

function parseBody(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return text
	}
}

async function leaveStream(server: TestServer, path: string, body: unknown, key: string): Promise<void> {
	const client = new AbortController()
	const response = await fetch(server.url + path, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
		signal: client.signal,
	})
	const reader = response.body?.getReader()
	const decoder = new TextDecoder()
	for (let text = ''; !text.includes('one'); ) text += decoder.decode((await reader?.read())?.value, { stream: true })
	client.abort()
}
