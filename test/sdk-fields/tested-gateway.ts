// A server with models before every engine, and the scripted upstreams they use. Each worker has models and
// upstreams of its own and sends one request after another, so that what an upstream receives belongs to its request.

import { allReady, engineFolder, isEngineHere } from '../engine.ts'
import { startServer, type TestServer } from '../server.ts'

export interface FieldExchange {
	readonly status: number
	readonly text: string
	/** The names in `x-dragoman-dropped`. */
	readonly dropped: readonly string[]
	/** The body that the upstream received, as JSON text; undefined if it received none. */
	readonly received: string | undefined
}

export interface ScriptedReply {
	readonly contentType: string
	readonly body: string
}

export interface EngineUnderTest {
	readonly name: string
	/** The wire of the requests to its upstream, which the test sees; undefined if it has no upstream. */
	readonly wire: string | undefined
	/** Whether equal requests have equal answers, so that an answer shows the effect of a field. */
	readonly repeats: boolean
	/** The only dialect whose requests it gets, if it is too slow for all of them. */
	readonly dialect?: string
	/** The options of an upstream, in YAML. `url`: of the scripted upstream. */
	configure(url: string): string
}

const sending = [
	{ name: 'openai-compatible', wire: 'openai' },
	{ name: 'anthropic', wire: 'anthropic' },
	{ name: 'gemini', wire: 'gemini' },
]

export const enginesUnderTest: readonly EngineUnderTest[] = [
	...sending.map(({ name, wire }) => ({
		name,
		wire,
		repeats: true,
		configure: (url: string) => `engine: ${name}, url: '${url}', model: upstream-model`,
	})),
	{
		name: 'ai-sdk',
		wire: 'openai',
		repeats: true,
		configure: (url) =>
			`engine: ai-sdk, package: '@ai-sdk/openai-compatible', passthrough: sdk, model: upstream-model, options: { name: sdk, baseURL: '${url}', apiKey: key }`,
	},
	{ name: 'echo', wire: undefined, repeats: true, configure: () => 'engine: echo' },
	...(isEngineHere ? [embedded()] : []),
]

/** Requests of all dialects reach it in the same canonical form, and each takes it much longer than another engine. */
function embedded(): EngineUnderTest {
	return {
		name: 'llama',
		wire: undefined,
		repeats: false,
		dialect: 'openai',
		configure: () => 'engine: llama, model: tiny-chat, maxTokens: 1',
	}
}

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
const chatHead = { id: 'chatcmpl-1', created: 1, model: 'upstream-model' }

function json(body: object): ScriptedReply {
	return { contentType: 'application/json', body: JSON.stringify(body) }
}

/** Server-sent events, with the type of each event as its name if it has one. */
export function eventStream(events: readonly object[], end = ''): ScriptedReply {
	const lines = events.map((event) => {
		const name = 'type' in event ? `event: ${event.type}\n` : ''
		return `${name}data: ${JSON.stringify(event)}\n\n`
	})
	return { contentType: 'text/event-stream', body: lines.join('') + end }
}

/** What upstreams answer unless a test has scripted another reply. */
function plainReply(engine: string, streams: boolean): ScriptedReply {
	if (engine === 'anthropic')
		return json({
			id: 'msg_1',
			type: 'message',
			role: 'assistant',
			model: 'upstream-model',
			content: [{ type: 'text', text: 'Hi.' }],
			stop_reason: 'end_turn',
			stop_sequence: null,
			usage: { input_tokens: 3, output_tokens: 2 },
		})
	if (engine === 'gemini') {
		const answer = {
			candidates: [{ content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP', index: 0 }],
			usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
		}
		return streams ? eventStream([answer]) : json(answer)
	}
	if (!streams)
		return json({
			...chatHead,
			object: 'chat.completion',
			choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
			usage,
		})
	const chunk = { ...chatHead, object: 'chat.completion.chunk' }
	const events = [
		{ ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi.' }, finish_reason: null }] },
		{ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
		{ ...chunk, choices: [], usage },
	]
	return eventStream(events, 'data: [DONE]\n\n')
}

export class TestedGateway {
	readonly workers: number
	private readonly server: TestServer
	private readonly upstream: Bun.Server<undefined>
	private readonly slots: readonly WorkerSlot[]

	private constructor(server: TestServer, upstream: Bun.Server<undefined>, slots: readonly WorkerSlot[]) {
		this.server = server
		this.upstream = upstream
		this.slots = slots
		this.workers = slots.length
	}

	static async start(workers: number): Promise<TestedGateway> {
		const slots = Array.from({ length: workers }, (): WorkerSlot => ({ received: undefined, reply: undefined }))
		const upstream = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => receive(slots, request) })
		const url = String(upstream.url).replace(/\/$/, '')
		const models: string[] = []
		const upstreams: string[] = []
		for (const index of slots.keys())
			for (const { name, wire, configure } of enginesUnderTest) {
				const own = modelName(name, index)
				// Engines without an upstream have no URL that would differ.
				const used = wire === undefined ? modelName(name, 0) : own
				models.push(`  ${own}: { route: [${used}], retry: { attempts: 1 } }`)
				if (used !== own) continue
				upstreams.push(`  ${own}: { ${configure(`${url}/${index}/${name}`)}, breaker: { failures: 1000000 } }`)
			}
		const server = await startServer({
			config: [`engineFolder: ${engineFolder}`, 'models:', ...models, 'upstreams:', ...upstreams].join('\n'),
			startTimeoutMs: 30_000,
		})
		await allReady(server)
		return new TestedGateway(server, upstream, slots)
	}

	/** Sends a request as one worker, which has no other request in flight. */
	async exchange(worker: number, engine: string, call: CallSpec): Promise<FieldExchange> {
		const slot = this.slots[worker]
		if (slot === undefined) throw new Error(`no worker ${worker}`)
		slot.received = undefined
		slot.reply = call.reply
		const response = await fetch(this.server.url + call.path, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...call.headers(this.server.key) },
			body: JSON.stringify({ ...call.body, model: modelName(engine, worker) }),
		})
		const text = await response.text()
		return {
			status: response.status,
			text: steady(text),
			dropped: namesIn(response.headers.get('x-dragoman-dropped')),
			received: slot.received === undefined ? undefined : steady(slot.received),
		}
	}

	/** The OpenAPI document of the server. */
	async document(): Promise<unknown> {
		return (await fetch(`${this.server.url}/openapi.json`)).json()
	}

	async stop(): Promise<void> {
		await this.server.stop()
		await this.upstream.stop(true)
	}
}

export interface CallSpec {
	readonly path: string
	readonly headers: (key: string) => Readonly<Record<string, string>>
	readonly body: object
	readonly reply?: ScriptedReply | undefined
}

interface WorkerSlot {
	received: string | undefined
	reply: ScriptedReply | undefined
}

function modelName(engine: string, worker: number): string {
	return `${engine}-w${worker}`
}

async function receive(slots: readonly WorkerSlot[], request: Request): Promise<Response> {
	const { pathname } = new URL(request.url)
	const [, index = '', engine = ''] = pathname.split('/')
	const slot = slots[Number(index)]
	if (slot === undefined) return new Response(null, { status: 404 })
	const received = await request.text()
	slot.received = received
	const streams = pathname.includes('stream') || /"stream":true/.test(received)
	const { contentType, body } = slot.reply ?? plainReply(engine, streams)
	return new Response(body, { headers: { 'content-type': contentType } })
}

/** The text without what differs between two equal requests: the worker, ids and times. */
function steady(text: string): string {
	return text
		.replaceAll(/-w\d+\b/g, '')
		.replaceAll(/\b(chatcmpl|cmpl|msg|resp|rs|fc|call|toolu|item|req|gen)[-_][A-Za-z0-9_-]{8,}/g, '$1_id')
		.replaceAll(/"(created|created_at|completed_at)":\d+/g, '"$1":0')
}

function namesIn(header: string | null): readonly string[] {
	return (header ?? '').split(',').flatMap((name) => (name.trim() === '' ? [] : [decodeURIComponent(name.trim())]))
}
