// The server in process, for the tests of the pipeline's stages: the real handler with the echo engine, an in-memory
// database, a ledger with a journal, stored streams in a temporary folder, and a clock that the test advances. No
// socket is opened. Tests address it with requests, and observe responses, usage records, log lines and stored data.
// They do not know how the stages pass data to each other: what depends on that, and on the methods of the ports, is in
// this file only. It is one file, although long, so that a change of the stages adapts one file.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChatError } from '../chat/error.ts'
import type { ChatEvent } from '../chat/event.ts'
import type { ChatRequest } from '../chat/request.ts'
import { newConversationId } from '../conversations/conversation-id.ts'
import { alice } from '../conversations/conversation-store.testing.ts'
import type { ConversationStore } from '../conversations/conversation-store.ts'
import { deliveredConversations } from '../conversations/delivered-conversations.ts'
import { RunningTurns } from '../conversations/running-turns.ts'
import { newTurnId } from '../conversations/turn-id.ts'
import { TurnOutbox } from '../conversations/turn-outbox.ts'
import type { EventBatch, StreamAnswer } from '../engines/answer.ts'
import { openEcho } from '../engines/echo/echo.ts'
import type { Engine, Operation } from '../engines/engine.ts'
import { signatureOrigin } from '../engines/upstream/signature-origin.ts'
import { createKey, type KeyDescription } from '../keys/key.ts'
import { readLines } from '../ledger/journal.ts'
import type { Ledger, Ticket } from '../ledger/ledger.ts'
import type { LedgerEntry } from '../ledger/ledger-entry.ts'
import { entry } from '../ledger/ledger-store.contract.ts'
import { type OpenLedger, openLedger } from '../ledger/open-ledger.ts'
import { Quarantine } from '../ledger/quarantine.ts'
import { isProcessRunning } from '../ledger/recovery.ts'
import { type Model, ModelTable } from '../routing/model.ts'
import { breakerOptions, type ConcurrencyOptions, concurrencyOptions, retryOptions } from '../routing/options.ts'
import { inOrder } from '../routing/policies/in-order.ts'
import { Route } from '../routing/route.ts'
import { UpstreamEndpoint } from '../routing/upstream-endpoint.ts'
import { type Handler, openHandler } from '../server/handler.ts'
import type { HandlerOptions } from '../server/handler-options.ts'
import { SqlConversationStore } from '../stores/sql/sql-conversation-store.ts'
import type { SqlDatabase } from '../stores/sql/sql-database.ts'
import { SqlKeyStore } from '../stores/sql/sql-key-store.ts'
import { SqlLedgerStore } from '../stores/sql/sql-ledger-store.ts'
import { openMemory } from '../stores/sqlite/memory.testing.ts'
import { FileStreams } from '../streams/file-streams.ts'
import type { StoredStream, StoredStreams } from '../streams/stored-streams.ts'
import { type LogLine, recordingLog } from '../system/log.testing.ts'
import type { Log } from '../system/log.ts'
import { ManualClock } from '../system/manual-clock.testing.ts'
import { openTelemetry } from '../telemetry/open-telemetry.ts'
import { telemetryOptions } from '../telemetry/options.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Deployment } from './deployment.ts'

/** The calls of the server's ports that a test can fail, hold and count, by what they do. */
export type FaultPoint =
	| 'find-key'
	| 'read-history'
	| 'begin-turn'
	| 'end-turn'
	| 'drop-turn'
	| 'open-ticket'
	| 'write-opening'
	| 'write-extension'
	| 'write-settlement'
	| 'open-stream'
	| 'append-to-stream'
	| 'query-usage'
	| 'expire-conversations'

/** The same calls by port and method. */
const pointOf: Readonly<Record<string, FaultPoint>> = {
	'keys.findByHash': 'find-key',
	'history.read': 'read-history',
	'turns.begin': 'begin-turn',
	'turns.end': 'end-turn',
	'turns.drop': 'drop-turn',
	'streams.open': 'open-stream',
	'stream.append': 'append-to-stream',
	'maintenance.expire': 'expire-conversations',
}

/** Ports whose methods throw instead of rejecting. */
const synchronous: ReadonlySet<FaultPoint> = new Set(['open-ticket', 'open-stream', 'append-to-stream'])

export class Faults {
	private readonly armed = new Map<FaultPoint, Error[]>()
	private readonly gates = new Map<FaultPoint, PromiseWithResolvers<void>>()
	private readonly counts = new Map<FaultPoint, number>()
	private readonly lost = new Set<FaultPoint>()

	/** The next call fails with `error`. */
	fail(point: FaultPoint, error = new Error('the disk is full')): void {
		this.armed.set(point, [...(this.armed.get(point) ?? []), error])
	}

	/** The next call succeeds, but its caller gets an error: as if the connection broke before the answer arrived. */
	loseAnswer(point: FaultPoint): void {
		this.lost.add(point)
	}

	/** Calls wait until the result is called. */
	hold(point: FaultPoint): () => void {
		const gate = Promise.withResolvers<void>()
		this.gates.set(point, gate)
		return () => {
			this.gates.delete(point)
			gate.resolve()
		}
	}

	releaseAll(): void {
		for (const { resolve } of this.gates.values()) resolve()
		this.gates.clear()
	}

	/** Number of calls, including those that failed. */
	calls(point: FaultPoint): number {
		return this.counts.get(point) ?? 0
	}

	run<Result>(point: FaultPoint, proceed: () => Result): Result | Promise<Result | Awaited<Result>> {
		this.counts.set(point, this.calls(point) + 1)
		const error = this.armed.get(point)?.shift()
		if (error !== undefined) {
			if (synchronous.has(point)) throw error
			return Promise.reject(error)
		}
		if (this.lost.delete(point))
			return Promise.resolve(proceed()).then(() => {
				throw new ChatError('unavailable', 'The database is temporarily unavailable.')
			})
		const gate = this.gates.get(point)
		return gate === undefined ? proceed() : gate.promise.then(proceed)
	}

	/** The same port, whose methods run through `run` if they are in the table. */
	watch<Port extends object>(name: string, port: Port): Port {
		return new Proxy(port, {
			get: (target, property) => {
				const value: unknown = Reflect.get(target, property)
				if (typeof value !== 'function') return value
				const point = pointOf[`${name}.${String(property)}`]
				const call = (...given: unknown[]): unknown => Reflect.apply(value, target, given)
				return point === undefined ? call : (...given: unknown[]) => this.run(point, () => call(...given))
			},
		})
	}

	/** The same store, whose methods run through `run` if they are in the table. */
	watchConversations(store: ConversationStore): ConversationStore {
		return {
			in: (scope) => {
				const { index, history, turns, shares } = store.in(scope)
				return { index, shares, history: this.watch('history', history), turns: this.watch('turns', turns) }
			},
			maintenance: this.watch('maintenance', store.maintenance),
			subscribe: (listener) => store.subscribe(listener),
		}
	}
}

interface ReceivedCall {
	readonly model: string
	readonly drop?: ((part: string) => void) | undefined
	readonly signal: AbortSignal
}

export interface UpstreamSetup {
	/** Its name for the model; the public name if absent. */
	readonly model?: string
	readonly contextTokens?: number
	/** Operations that it reports; all that the echo engine supports if absent. */
	readonly operations?: readonly Operation[]
	/** Events of every chat answer, instead of an echo. */
	readonly script?: readonly ChatEvent[]
	/** Batches of every streamed chat answer, instead of an echo. */
	readonly batches?: readonly EventBatch[]
	readonly concurrency?: Partial<ConcurrencyOptions>
	/**
	 * The upstream's own count of a prompt, or `absent` if it has none. The number of messages by default, so that usage
	 * is counted without loading a vocabulary.
	 */
	readonly counts?: ((request: ChatRequest) => Promise<number>) | 'absent'
	/** It gets requests that break rules of OpenAI's API. */
	readonly acceptsViolations?: boolean
	/** The service that made the signatures of its answers. */
	readonly service?: string
	/** Each of its chunks is one token; true if absent. */
	readonly streamsSingleTokens?: boolean
}

async function countMessages({ messages }: ChatRequest): Promise<number> {
	return messages.length
}

function isStream(result: unknown): result is StreamAnswer {
	return typeof result === 'object' && result !== null && 'type' in result && result.type === 'stream'
}

function originOf(service: string | undefined, model: string): string | undefined {
	return service === undefined ? undefined : signatureOrigin(service, model)
}

/** An answer whose batches arrive one after the other. */
function streamOf(batches: readonly EventBatch[]): StreamAnswer {
	const left = batches.map((batch) => [batch])
	return { type: 'stream', batches: { next: async () => left.shift(), cancel: async () => undefined } }
}

/** Operations of an engine that reach its upstream and can be refused. */
const operations: ReadonlySet<string> = new Set([
	'chat',
	'complete',
	'embed',
	'rerank',
	'transcribe',
	'tokenize',
	'detokenize',
])

/** An upstream with the echo engine. The test can make it fail, and sees what it received. */
export class TestUpstream {
	readonly name: string
	readonly acceptsViolations: boolean
	readonly isLocal = true
	/** Its name for the model. */
	readonly model: string | undefined
	readonly endpoint: UpstreamEndpoint
	readonly engine: Engine
	/** The JSON of each request that it received. */
	readonly received: string[] = []
	/** The name of the model in each of them. */
	readonly models: string[] = []
	/** Number of its streams that the server ended. */
	ended = 0
	/** Names of the request's parts that its protocol cannot express. */
	drops: readonly string[] = []
	/** Number of its requests that were aborted while they were held. */
	aborted = 0
	private readonly errors: ChatError[] = []
	private isStubborn = false
	private gate: PromiseWithResolvers<void> | undefined
	private arrived = Promise.withResolvers<void>()

	constructor(name: string, setup: UpstreamSetup, clock: ManualClock) {
		this.name = name
		this.acceptsViolations = setup.acceptsViolations === true
		this.model = setup.model
		this.endpoint = new UpstreamEndpoint({
			name,
			concurrency: setup.concurrency === undefined ? undefined : concurrencyOptions.parse(setup.concurrency),
			breaker: breakerOptions.parse({ failures: 2, openMs: 1000 }),
			nowMs: () => clock.now(),
		})
		this.engine = this.watch(openEcho({ contextTokens: setup.contextTokens, script: setup.script, clock }), setup)
	}

	/** The next calls fail with these errors, one each, before the answer begins. */
	refuse(...errors: readonly ChatError[]): void {
		this.errors.push(...errors)
	}

	/** Further requests get no answer until the result is called. @param stubborn an abort does not end them. */
	hold({ stubborn = false }: { readonly stubborn?: boolean } = {}): () => void {
		const gate = Promise.withResolvers<void>()
		this.gate = gate
		this.isStubborn = stubborn
		return () => {
			this.gate = undefined
			gate.resolve()
		}
	}

	/** Resolves when it receives the next request. */
	async nextRequest(): Promise<void> {
		await this.arrived.promise
	}

	/** Waits while requests are held. @throws ChatError `cancelled` if the request is aborted. */
	private async released(signal: AbortSignal): Promise<void> {
		const { gate } = this
		if (gate === undefined) return
		if (this.isStubborn) return gate.promise
		const abort = () => {
			this.aborted++
			gate.reject(new ChatError('cancelled', 'The request was cancelled.', { sent: 'maybe' }))
		}
		if (signal.aborted) abort()
		signal.addEventListener('abort', abort, { once: true })
		try {
			await gate.promise
		} finally {
			signal.removeEventListener('abort', abort)
		}
	}

	/** The same result; if it is a stream, its end is counted. */
	private watchEnd(result: unknown): unknown {
		if (!isStream(result)) return result
		const { batches } = result
		let over = false
		const cancel = () => {
			if (!over) this.ended++
			over = true
			return batches.cancel()
		}
		return { ...result, batches: { next: () => batches.next(), cancel } }
	}

	private watch(engine: Engine, setup: UpstreamSetup): Engine {
		const { counts = countMessages, streamsSingleTokens = true, operations: supported } = setup
		return new Proxy(engine, {
			get: (target, property) => {
				if (property === 'count') return counts === 'absent' ? undefined : counts
				if (property === 'state' && supported !== undefined) return () => ({ ...engine.state(), operations: supported })
				if (property === 'streamsSingleTokens') return streamsSingleTokens
				if (property === 'originOf') return (model: string) => originOf(setup.service, model)
				const value: unknown = Reflect.get(target, property)
				if (typeof value !== 'function') return value
				if (!operations.has(String(property)))
					return (...given: unknown[]): unknown => Reflect.apply(value, target, given)
				return async (request: unknown, call: ReceivedCall) => {
					this.received.push(JSON.stringify(request))
					this.models.push(call.model)
					this.arrived.resolve()
					this.arrived = Promise.withResolvers()
					for (const part of this.drops) call.drop?.(part)
					await this.released(call.signal)
					const error = this.errors.shift()
					if (error !== undefined) throw error
					if (property === 'chat' && setup.batches !== undefined) return this.watchEnd(streamOf(setup.batches))
					const signal = this.isStubborn ? new AbortController().signal : call.signal
					return this.watchEnd(await Reflect.apply(value, target, [request, { ...call, signal }]))
				}
			},
		})
	}
}

export interface AppOptions {
	/** One echo engine named `a` if absent. */
	readonly upstreams?: Readonly<Record<string, UpstreamSetup>>
	/** By name; a model's route is all upstreams, in order. One model named `echo` if absent. */
	readonly models?: Readonly<Record<string, Partial<Model>>>
	readonly retry?: { readonly attempts?: number; readonly totalMs?: number; readonly unsure?: boolean }
	/** Telemetry captures prompts and answers. */
	readonly content?: boolean
	/** Nothing is stored and nothing is billed. */
	readonly storage?: false
	/** The configuration enables histories by `user` and `id`. */
	readonly userIdHistory?: boolean
	/** Callers have no keys. */
	readonly keys?: false
	/** Usage records that may wait for the database. */
	readonly maxPending?: number
	/** Folder for the journal and stored streams, which must be empty; a temporary one if absent. */
	readonly folder?: string
	/** Maximum size of a stored stream, in bytes. */
	readonly streamBytes?: number
	readonly handler?: Partial<HandlerOptions>
}

/** Callers: alice and bob own separate data, root has the role admin. */
const callers: readonly KeyDescription[] = [
	{ name: 'alice', role: 'user', owner: 'alice' },
	{ name: 'bob', role: 'user', owner: 'bob' },
	{ name: 'root', role: 'admin', owner: 'root' },
]

export type TestCaller = 'alice' | 'bob' | 'root'

export interface RequestOptions {
	/** `alice` if absent. */
	readonly as?: TestCaller | 'anonymous'
	/** A secret, instead of a caller. */
	readonly key?: string
	readonly headers?: Readonly<Record<string, string>>
	readonly signal?: AbortSignal
}

interface StoredRecords {
	readonly folder: string
	readonly streams: FileStreams
	readonly ledger: OpenLedger
	readonly records: SqlLedgerStore
	readonly conversations: ConversationStore
	readonly outbox: TurnOutbox
	readonly running: RunningTurns
}

export class App {
	readonly clock: ManualClock
	readonly faults = new Faults()
	readonly log: readonly LogLine[]
	readonly handler: Handler
	private readonly upstreams: ReadonlyMap<string, TestUpstream>
	private readonly secrets: Map<string, string>
	private readonly keyStore: SqlKeyStore
	private readonly database: SqlDatabase
	private readonly stored: StoredRecords | undefined
	private readonly telemetry: Telemetry
	private readonly tickets: TicketCount
	private readonly current: { deployment: Deployment }

	private constructor(parts: AppParts) {
		this.clock = parts.clock
		this.faults = parts.faults
		this.log = parts.lines
		this.handler = parts.handler
		this.upstreams = parts.upstreams
		this.secrets = parts.secrets
		this.keyStore = parts.keyStore
		this.database = parts.database
		this.stored = parts.stored
		this.telemetry = parts.telemetry
		this.tickets = parts.tickets
		this.current = parts.current
	}

	static async open(options: AppOptions = {}): Promise<App> {
		const clock = new ManualClock()
		const faults = new Faults()
		const lines: LogLine[] = []
		const log = recordingLog(lines)
		const database = await openMemory()
		const keyStore = new SqlKeyStore(database)
		const secrets = new Map<string, string>()
		const upstreams = openUpstreams(options.upstreams ?? { a: {} }, clock)
		const current = { deployment: deploymentOf(options, upstreams) }
		const telemetry = await openTelemetry(
			telemetryOptions.parse({ content: options.content === true, metrics: 'open' }),
			{
				log,
				clock,
				version: '1.2.3',
				upstreams: () => [...upstreams.values()].map(({ endpoint }) => endpoint.gauges()),
			},
		)
		const tickets: TicketCount = { open: 0 }
		const stored = options.storage === false ? undefined : await openStored(options, database, { faults, clock, log })
		const handler = openHandler({
			keys: options.keys === false ? undefined : faults.watch('keys', keyStore),
			storage:
				stored === undefined
					? undefined
					: { ...storageOf(stored, faults, tickets), userIdHistory: options.userIdHistory === true },
			deployment: () => current.deployment,
			limits: { maxBytes: 100_000, timeoutMs: 5000, maxDepth: 20, keepAliveMs: 0 },
			version: '1.2.3',
			clock,
			random: () => 0.5,
			log,
			telemetry,
			metrics: { type: 'open' },
			...options.handler,
		})
		const app = new App({
			...{ clock, faults, lines, handler, upstreams, secrets, keyStore, database, stored, telemetry, tickets, current },
		})
		for (const caller of callers) await app.addKey(caller)
		return app
	}

	/** @returns its secret. */
	async addKey(description: KeyDescription): Promise<string> {
		const { key, secret } = createKey(description, this.clock.now())
		await this.keyStore.insert(key)
		this.secrets.set(description.name, secret)
		return secret
	}

	async revokeKey(name: string): Promise<void> {
		for (const key of await this.keyStore.list())
			if (key.name === name) await this.keyStore.revoke(key.id, this.clock.now())
	}

	fetch(request: Request): Promise<Response> {
		return this.handler.fetch(request)
	}

	get(path: string, options: RequestOptions = {}): Promise<Response> {
		return this.fetch(new Request(`http://localhost${path}`, this.init('GET', options)))
	}

	delete(path: string, options: RequestOptions = {}): Promise<Response> {
		return this.fetch(new Request(`http://localhost${path}`, this.init('DELETE', options)))
	}

	/** @param body sent as JSON; none if undefined. */
	post(path: string, body: object | undefined, options: RequestOptions = {}): Promise<Response> {
		const init = { ...this.init('POST', options), body: body === undefined ? null : JSON.stringify(body) }
		return this.fetch(new Request(`http://localhost${path}`, init))
	}

	/** A chat completion of model `echo` for one user message. */
	chat(content: string, body: object = {}, options: RequestOptions = {}): Promise<Response> {
		const messages = [{ role: 'user', content }]
		return this.post('/v1/chat/completions', { model: 'echo', messages, ...body }, options)
	}

	/** The same as a stream. */
	stream(content: string, body: object = {}, options: RequestOptions = {}): Promise<Response> {
		return this.chat(content, { stream: true, ...body }, options)
	}

	upstream(name = 'a'): TestUpstream {
		const upstream = this.upstreams.get(name)
		if (upstream === undefined) throw new Error(`no upstream '${name}'`)
		return upstream
	}

	/** The usage records of a caller, oldest first. */
	async usageRecords(owner: TestCaller = 'alice'): Promise<readonly LedgerEntry[]> {
		await this.settled()
		await this.stored?.ledger.deliver()
		const query = { tenant: 'default', owner, fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, limit: 1000 }
		const found = await this.stored?.records.entries({ ...query, order: { by: 'settled', direction: 'asc' } })
		return found ?? []
	}

	/** The lines of the journal on disk. */
	async journal(): Promise<string> {
		const { folder } = this.required()
		const files = await Array.fromAsync(new Bun.Glob('*.journal').scan(join(folder, 'journal')))
		const texts = await Promise.all(files.map((file) => Bun.file(join(folder, 'journal', file)).text()))
		return texts.flatMap(readLines).join('\n')
	}

	/** The request log's lines. */
	get requests(): readonly LogLine[] {
		return this.log.filter(({ msg }) => msg === 'request')
	}

	/** The server's metrics as text. */
	async metrics(): Promise<string> {
		return (await this.telemetry.metrics()).body
	}

	/** The messages of a conversation, oldest first, as the API lists them. */
	async messages(conversation: string, options: RequestOptions = {}): Promise<readonly StoredItem[]> {
		await this.settled()
		const response = await this.get(`/v1/conversations/${conversation}/items?order=asc`, options)
		const page = await json<{ readonly data?: readonly StoredItem[] }>(response)
		return page.data ?? []
	}

	/** Every conversation in the database, of all callers. */
	async conversationCount(): Promise<number> {
		await this.settled()
		return (await this.database.sql`SELECT id FROM conversations`).length
	}

	/** The state of every turn in the database, of all callers, oldest first. */
	async turnStates(): Promise<readonly unknown[]> {
		await this.settled()
		const rows = await this.database.sql`SELECT state FROM turns ORDER BY id`
		return rows.map((row: Readonly<Record<string, unknown>>) => row.state)
	}

	/** Delivers ends of turns that the database did not accept. @returns the number of those that are still pending. */
	async pendingTurns(): Promise<number> {
		await this.settled()
		await this.required().outbox.deliver()
		return this.required().outbox.size
	}

	/** Names of the files of stored streams. */
	async storedStreams(): Promise<readonly string[]> {
		await this.settled()
		return Array.fromAsync(new Bun.Glob('*').scan(join(this.required().folder, 'streams')))
	}

	/** What calls still hold. All are 0 when no call is in flight. */
	async held(): Promise<{ readonly permits: number; readonly queued: number; readonly tickets: number }> {
		await this.settled()
		const gauges = [...this.upstreams.values()].map(({ endpoint }) => endpoint.gauges())
		return {
			permits: gauges.reduce((sum, { running }) => sum + running, 0),
			queued: gauges.reduce((sum, { waiting }) => sum + waiting, 0),
			tickets: this.tickets.open,
		}
	}

	/** Replaces the configuration for further requests. */
	reconfigure(options: AppOptions): void {
		this.current.deployment = deploymentOf(options, this.upstreams)
	}

	/** Ends every response in flight, as a shutdown does. */
	async interrupt(): Promise<void> {
		this.handler.interrupt()
		this.stored?.streams.close(new ChatError('unavailable', 'The server is closing.'))
		for (const { engine } of this.upstreams.values()) await engine.close()
	}

	/** Resolves when no background task is running. */
	async settled(): Promise<void> {
		await quiet()
		await this.handler.idle()
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.faults.releaseAll()
		await this.interrupt()
		await this.handler.settled()
		await this.stored?.outbox.close()
		await this.stored?.ledger.close()
		await this.telemetry.close()
		await this.database.close()
		if (this.stored !== undefined) await rm(this.stored.folder, { recursive: true, force: true })
	}

	/** The headers of a caller's requests. */
	headersOf({ as = 'alice', key, headers = {} }: RequestOptions): Headers {
		const all = new Headers(headers)
		const secret = key ?? this.secrets.get(as)
		if (secret !== undefined) all.set('authorization', `Bearer ${secret}`)
		return all
	}

	private init(method: string, { signal, ...caller }: RequestOptions): RequestInit {
		const all = this.headersOf(caller)
		if (method === 'POST') all.set('content-type', 'application/json')
		return { method, headers: all, signal: signal ?? null }
	}

	private required(): StoredRecords {
		if (this.stored === undefined) throw new Error('this app stores nothing')
		return this.stored
	}
}

export interface StoredItem {
	readonly id: string
	readonly role: string
	readonly status?: string
	readonly content: readonly { readonly text: string }[]
}

/** The text of a stored item. */
export function textOf({ content }: StoredItem): string {
	return content.map(({ text }) => text).join('')
}

/** The body of a response as JSON of a known shape. */
export async function json<Body>(response: Response): Promise<Body> {
	return (await response.json()) as Body
}

/** The `error` of OpenAI's error body. */
export async function errorOf(response: Response): Promise<{
	readonly message: string
	readonly type: string
	readonly code: string | null
	readonly param: string | null
}> {
	return (await json<{ readonly error: Awaited<ReturnType<typeof errorOf>> }>(response)).error
}

/** The text of OpenAI's chat completion. */
export async function contentOf(response: Response): Promise<string> {
	const { choices } = await json<{ readonly choices: readonly { readonly message: { readonly content: string } }[] }>(
		response,
	)
	return choices.map(({ message }) => message.content).join('')
}

/** Reads one chunk of a streamed response at a time. */
export function readerOf(response: Response): { next(): Promise<string | undefined> } {
	if (response.body === null) throw new Error('the response has no body')
	const reader = response.body.getReader()
	return {
		async next() {
			const { value, done } = await reader.read()
			return done ? undefined : new TextDecoder().decode(value)
		},
	}
}

/** Stores in an in-memory database, without a server. */
export class TestStores {
	readonly faults = new Faults()
	readonly conversations: ConversationStore
	readonly ledger: SqlLedgerStore
	private readonly database: SqlDatabase

	constructor(database: SqlDatabase) {
		this.database = database
		this.conversations = this.faults.watchConversations(new SqlConversationStore(database))
		this.ledger = new SqlLedgerStore(database)
	}

	async addConversation(updatedAtMs: number): Promise<void> {
		const id = newConversationId()
		const times = { createdAtMs: updatedAtMs, updatedAtMs }
		await this.conversations.in(alice).index.create({ id, metadata: {}, listed: true, ...times })
	}

	async addRecord(settledAtMs: number): Promise<void> {
		await this.ledger.insert([entry(newTurnId(), { settledAtMs, openedAtMs: settledAtMs })])
	}

	async counts(): Promise<{ readonly conversations: number; readonly records: number }> {
		const { sql } = this.database
		const [conversations, records] = [await sql`SELECT id FROM conversations`, await sql`SELECT id FROM ledger`]
		return { conversations: conversations.length, records: records.length }
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.database.close()
	}
}

export async function openTestStores(): Promise<TestStores> {
	return new TestStores(await openMemory())
}

/** Resolves after everything that is ready to run has run. */
export async function quiet(): Promise<void> {
	for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Whether `promise` is still pending after everything that is ready to run has run. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
	let pending = true
	const settle = () => {
		pending = false
	}
	promise.then(settle, settle)
	await quiet()
	return pending
}

interface TicketCount {
	open: number
}

interface AppParts {
	readonly clock: ManualClock
	readonly faults: Faults
	readonly lines: readonly LogLine[]
	readonly handler: Handler
	readonly upstreams: ReadonlyMap<string, TestUpstream>
	readonly secrets: Map<string, string>
	readonly keyStore: SqlKeyStore
	readonly database: SqlDatabase
	readonly stored: StoredRecords | undefined
	readonly telemetry: Telemetry
	readonly tickets: TicketCount
	readonly current: { deployment: Deployment }
}

/** A log that adds its lines to `lines` as objects. */
function openUpstreams(
	setups: Readonly<Record<string, UpstreamSetup>>,
	clock: ManualClock,
): ReadonlyMap<string, TestUpstream> {
	return new Map(Object.entries(setups).map(([name, setup]) => [name, new TestUpstream(name, setup, clock)]))
}

function deploymentOf(
	{ models = { echo: {} }, retry }: AppOptions,
	upstreams: ReadonlyMap<string, TestUpstream>,
): Deployment {
	const table = new ModelTable(
		Object.entries(models).map(([name, model]) => ({
			name,
			type: 'text-generation',
			aliases: [],
			required: true,
			ownedBy: 'dragoman',
			tokenizer: 'cl100k_base',
			route: [...upstreams.keys()],
			...model,
		})),
	)
	const options = retryOptions.parse({ ...retry })
	const routes = new Map(
		table.all.map(({ name, route }) => {
			const members = route.flatMap((member) => {
				const endpoint = upstreams.get(member)?.endpoint
				return endpoint === undefined ? [] : [{ endpoint, weight: 1 }]
			})
			return [name, new Route({ members, policy: inOrder(), retry: options })]
		}),
	)
	const byEndpoint = new Map([...upstreams.values()].map((upstream) => [upstream.endpoint, upstream]))
	return {
		models: table,
		routeOf: ({ name }) => found(routes.get(name)),
		upstreamAt(endpoint) {
			return found(byEndpoint.get(endpoint))
		},
	}
}

function found<Value>(value: Value | undefined): Value {
	if (value === undefined) throw new Error('not part of this deployment')
	return value
}

async function openStored(
	{ maxPending = 1000, streamBytes = 100_000, folder: given }: AppOptions,
	database: SqlDatabase,
	{ faults, clock, log }: { readonly faults: Faults; readonly clock: ManualClock; readonly log: Log },
): Promise<StoredRecords> {
	const folder = given ?? (await mkdtemp(join(tmpdir(), 'dragoman-pipeline-')))
	const records = new SqlLedgerStore(database)
	const ledger = await openLedger({
		folder: join(folder, 'journal'),
		store: records,
		quarantine: new Quarantine(join(folder, 'quarantine')),
		durability: 'strict',
		maxPending,
		clock,
		log,
	})
	const conversations = faults.watchConversations(new SqlConversationStore(database))
	const outbox = await TurnOutbox.open({
		folder: join(folder, 'turns'),
		store: conversations,
		process: () => ledger.process,
		isRunning: (process) => isProcessRunning(join(folder, 'journal'), process),
		clock,
		log,
	})
	const streams = await FileStreams.open({
		folder: join(folder, 'streams'),
		process: () => ledger.process,
		isRunning: (process) => isProcessRunning(join(folder, 'journal'), process),
		retentionMs: 3_600_000,
		maxBytes: streamBytes,
		maxTotalBytes: 10_000_000,
		clock,
	})
	const running = new RunningTurns({
		store: conversations,
		process: () => ledger.process,
		isPending: (id) => outbox.has(id),
		stop: ({ scope, id }) => streams.cancel(scope, id),
		clock,
		log,
	})
	return {
		folder,
		streams,
		ledger,
		records,
		outbox,
		running,
		conversations: deliveredConversations(conversations, { outbox, running }),
	}
}

function storageOf(
	{ streams, ledger, records, conversations }: StoredRecords,
	faults: Faults,
	tickets: TicketCount,
): NonNullable<HandlerOptions['storage']> {
	return {
		ledger: watchedLedger(ledger, faults, tickets),
		conversations,
		streams: watchedStreams(streams, faults),
		async usage(query) {
			await ledger.deliver()
			return faults.run('query-usage', () => records.usage(query))
		},
		async entries(query) {
			await ledger.deliver()
			return { entries: await records.entries(query), sum: await records.sumEntries(query) }
		},
		async lastDays(owner) {
			await ledger.deliver()
			return records.lastDays(owner)
		},
		userIdHistory: false,
		process: ledger.process,
	}
}

function watchedLedger(ledger: Ledger, faults: Faults, tickets: TicketCount): Ledger {
	return {
		process: ledger.process,
		close: () => ledger.close(),
		open(opening, unary) {
			const ticket = openWatched(faults, () => ledger.open(opening, unary))
			tickets.open++
			let open = true
			const opened = Promise.resolve(faults.run('write-opening', () => ticket.opened))
			opened.catch(() => undefined)
			return {
				...ticket,
				opened,
				async extend(reservedTokens) {
					await faults.run('write-extension', () => ticket.extend(reservedTokens))
				},
				async settle(settlement) {
					if (open) tickets.open--
					open = false
					await faults.run('write-settlement', () => ticket.settle(settlement))
				},
			}
		},
	}
}

function openWatched(faults: Faults, open: () => Ticket): Ticket {
	const ticket = faults.run('open-ticket', open)
	if (ticket instanceof Promise) throw new Error("'open-ticket' cannot be held")
	return ticket
}

function watchedStreams(streams: StoredStreams, faults: Faults): StoredStreams {
	const watched = faults.watch('streams', streams)
	return new Proxy(watched, {
		get(target, property) {
			const value: unknown = Reflect.get(target, property)
			if (property !== 'open' || typeof value !== 'function') return value
			return (...given: unknown[]) => faults.watch('stream', Reflect.apply(value, target, given) as StoredStream)
		},
	})
}
