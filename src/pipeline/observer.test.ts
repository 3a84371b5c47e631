import { describe, expect, test } from 'bun:test'
import { ChatError } from '../chat/error.ts'
import { DialectChoice } from '../dialects/choice.ts'
import { dialects } from '../dialects/list.ts'
import { defaultDialects } from '../dialects/names.ts'
import { openEcho } from '../engines/echo/echo.ts'
import { openOpenAICompatible } from '../engines/openai-compatible/openai-compatible.ts'
import { fixedDeployment } from '../gateway/fixed-deployment.ts'
import type { Received } from '../http/received.ts'
import { defaultBounds } from '../http/request-bounds.ts'
import { OutputSpeeds } from '../routing/output-speeds.ts'
import { systemClock } from '../system/clock.ts'
import { openLog } from '../system/log.ts'
import { Occupancy } from '../system/occupancy.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import type { RequestEvent } from '../telemetry/observer.ts'
import { silentTelemetry } from '../telemetry/silent.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { TokenCounter } from '../tokens/tokens.ts'
import { BackgroundTasks } from './background-tasks.ts'
import { App, type AppOptions } from './pipeline.testing.ts'
import { answer, authenticateRequest } from './pipeline.ts'
import type { Serving } from './serving.ts'
import { ThreadPermits } from './thread-permits.ts'
import { WaitingCalls } from './waiting-calls.ts'

interface Observed {
	readonly telemetry: Telemetry
	readonly events: RequestEvent[]
}

/** Telemetry that only collects the events. */
function collecting(): Observed {
	const events: RequestEvent[] = []
	const observer = { observe: (event: RequestEvent) => void events.push(event), traceHeaders: () => ({}) }
	return { events, telemetry: { ...silentTelemetry, begin: () => observer } }
}

const chat = (content: string, more: object = {}) => ({
	model: 'echo',
	max_tokens: 50,
	messages: [{ role: 'user', content }],
	...more,
})
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }]
const fresh = { 'x-dragoman-conversation': 'new' }
const routes: readonly AppOptions[] = [
	{ retry: { attempts: 1 } },
	{ upstreams: { a: {}, b: {} }, retry: { attempts: 2 } },
]

type Requests = (app: App) => Promise<readonly Response[]>

const dialectPaths = [
	'/openai/v1/chat/completions',
	'/albert/v1/chat/completions',
	'/opengatellm/v1/chat/completions',
	'/egp/v5/chat/completions',
	'/aleph-alpha/chat/completions',
	'/anthropic/v1/messages',
] as const

const cases: Readonly<Record<string, Requests>> = {
	...Object.fromEntries(
		dialectPaths.flatMap((path) => {
			const requests: readonly (readonly [string, boolean, string, object])[] = [
				['unary', true, 'one two', {}],
				['stream', true, 'one two', { stream: true }],
				['failing stream', true, 'echo:error-after 1 upstream-failed', { stream: true }],
				['truncated stream', true, 'one two three', { stream: true, max_tokens: 2 }],
				['failing call', false, 'echo:error overloaded', {}],
				['invalid call', false, 'one', { messages: 'none' }],
				['unknown model', false, 'one', { model: 'other' }],
			]
			return requests.map(([name, ok, content, more]): [string, Requests] => [
				`${path}: ${name}`,
				async (app) => {
					const response = await app.post(path, chat(content, more))
					expect(response.ok).toBe(ok)
					return [response]
				},
			])
		}),
	),
	'a tool call': async (app) => [await app.chat('echo:tool get_weather {}', { tools })],
	'a stream of several choices': async (app) => [await app.stream('one two', { n: 2 })],
	'a stored conversation': async (app) => [
		await app.chat('one', {}, { headers: fresh }),
		await app.stream('one two', { max_tokens: 1 }, { headers: fresh }),
	],
	'a stored response': async (app) => [await app.post('/v1/responses', { model: 'echo', input: 'hi' })],
	'a resumable stream': async (app) => [await app.stream('hi', {}, { headers: { 'x-dragoman-resumable': '1' } })],
	'a background response': async (app) => [
		await app.post('/v1/responses', { model: 'echo', input: 'hi', background: true }),
	],
	'a text completion': async (app) => [await app.post('/v1/completions', { model: 'echo', prompt: 'a b' })],
	embeddings: async (app) => [await app.post('/v1/embeddings', { model: 'echo', input: 'a b' })],
	'a retry': async (app) => {
		app.upstream().refuse(new ChatError('unavailable', 'no', { sent: 'nothing' }))
		return [await app.chat('hi')]
	},
	models: async (app) => [await app.get('/v1/models'), await app.get('/v1/models/none')],
	'no key, a wrong key and no path': async (app) => [
		await app.chat('hi', {}, { as: 'anonymous' }),
		await app.chat('hi', {}, { key: 'dgm-wrong' }),
		await app.get('/v1/nothing'),
	],
	'a key that selects its dialect': async (app) => {
		const key = await app.addKey({ name: 'carol', role: 'user', owner: 'alice', settings: { dialect: 'albert' } })
		return [await app.post('/v1/chat/completions', { model: 'none' }, { key })]
	},
}

/** Everything that a server without telemetry must still do: its responses, usage records and stored turns. */
async function effectsOf(requests: Requests, options: AppOptions, telemetry: Telemetry): Promise<string> {
	await using app = await App.open({ ...options, handler: { telemetry } })
	const responses = await Promise.all(
		(await requests(app)).map(async (response) => [
			response.status,
			Object.fromEntries(response.headers),
			await response.text(),
		]),
	)
	const records = await app.usageRecords()
	return withoutIds(JSON.stringify({ responses, records, turns: await app.turnStates() }, undefined, 1))
}

/** Ids and times differ between two servers. */
function withoutIds(text: string): string {
	return text
		.replace(/(?<=[_"-])[0-9a-f]{24,32}(?=["_\\.-])/g, 'ID')
		.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
		.replace(/(?<=(?:_|\b)(?:key|call|req|chatcmpl|cmpl|msg|resp|toolu|rs|fc|conv)[_-])[\w-]+/g, 'ID')
		.replace(/\b1[6-9]\d{8}(?:\.\d+|\d{3})?\b/g, 'TIME')
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE')
}

describe('an observer that ignores every event changes no answer, usage record or stored turn', () => {
	for (const [name, requests] of Object.entries(cases))
		test(name, async () => {
			for (const options of routes) {
				const { telemetry, events } = collecting()
				const observed = await effectsOf(requests, options, telemetry)
				expect(events.some(({ type }) => type === 'ended')).toBe(true)
				expect(await effectsOf(requests, options, silentTelemetry)).toEqual(observed)
			}
		})
})

test('the events of a streamed request', async () => {
	const { telemetry, events } = collecting()
	await using app = await App.open({ handler: { telemetry } })
	await (await app.stream('one two')).text()
	expect(events).toMatchObject([
		{ type: 'routed', route: '/v1/chat/completions', dialect: 'openai' },
		{ type: 'authenticated', key: { name: 'alice' } },
		{ type: 'parsed', operation: 'chat', stream: true },
		{ type: 'planned', model: 'echo' },
		{ type: 'attempt', upstream: 'a' },
		{ type: 'attempt-ended' },
		{ type: 'output', text: 'one' },
		{ type: 'output', text: ' two' },
		{ type: 'finish-reason', reason: 'stop' },
		{ type: 'usage', usage: { completionTokens: 2 } },
		{ type: 'ended', status: 200, disconnected: false },
	])
})

test('the events of a unary answer', async () => {
	const choices = [{ index: 0, message: { role: 'assistant', content: 'one two' }, finish_reason: 'stop' }]
	const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
	await using upstream = Bun.serve({ port: 0, fetch: () => Response.json({ choices, usage }) })
	const engine = openOpenAICompatible({ url: `${upstream.url}v1`, clock: systemClock })
	const deployment = fixedDeployment('echo', engine)
	const { telemetry, events } = collecting()
	await using app = await App.open({ handler: { telemetry, deployment: () => deployment } })
	await (await app.chat('hello')).text()
	engine.close()
	expect(events.slice(5)).toMatchObject([
		{ type: 'attempt-ended' },
		{ type: 'answered', text: 'one two', finishReason: 'stop' },
		{ type: 'usage', usage: { completionTokens: 2 } },
		{ type: 'ended', status: 200, disconnected: false },
	])
})

test('a stream reports its end after the text of its last event was taken', async () => {
	const { telemetry, events } = collecting()
	const log = openLog({ level: 'silent', format: 'json' })
	const deployment = fixedDeployment('echo', openEcho())
	const choice = new DialectChoice(dialects, defaultDialects)
	const serving: Serving = {
		choice,
		keys: undefined,
		limiter: undefined,
		storage: undefined,
		backgroundTasks: new BackgroundTasks(new ThrottledLog(log, systemClock)),
		throttledLog: new ThrottledLog(log, systemClock),
		tokens: new TokenCounter(),
		threads: new ThreadPermits(),
		occupancy: new Occupancy(),
		bounds: defaultBounds,
		deployment: () => deployment,
		clock: systemClock,
		random: () => 0.5,
		log,
		startedAt: 0,
		waitingCalls: new WaitingCalls(),
		speeds: new OutputSpeeds(() => 0),
	}
	const received: Received = {
		id: 'req_1',
		method: 'POST',
		path: '/v1/chat/completions',
		sentPath: '/v1/chat/completions',
		query: () => new URLSearchParams(),
		headers: new Headers(),
		client: { address: undefined, requestId: undefined, isProxied: false },
		signal: new AbortController().signal,
		receivedAtMs: 0,
		json: async () => ({ value: chat('one two', { stream: true }), isLong: false }),
		optionalJson: async () => ({ value: undefined, isLong: false }),
		form: () => Promise.reject(new Error('this request has no form')),
	}
	const observer = telemetry.begin(received)
	const match = choice.find(received)
	if (match.type !== 'found') throw new Error('no route')
	const routed = { target: match.target, parameters: match.parameters, explicitOnly: false }
	const answered = await answer(await authenticateRequest(received, routed, serving, observer), serving)
	if (answered.type !== 'stream') throw new Error('not a stream')
	const chunks = answered.open((disconnected) =>
		observer.observe({ type: 'ended', atMs: 0, status: 200, disconnected }),
	)
	let text = ''
	for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
		text += chunk
		expect(events.at(-1)?.type).not.toBe('ended')
	}
	expect(text).toEndWith('data: [DONE]\n\n')
	expect(events.at(-1)).toMatchObject({ type: 'ended', disconnected: false })
	serving.tokens.close()
})
