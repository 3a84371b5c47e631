// From a Request to a Response: what all responses share. Routes, request ids, CORS, the server's own status, and errors in the format of the
// request's dialect.

import { randomUUID } from 'node:crypto'
import { asChatError, ChatError } from '../chat/error.ts'
import { DialectChoice, type DialectDefaults } from '../dialects/choice.ts'
import type { Dialect, SocketRoute } from '../dialects/dialect.ts'
import { defaultDialects, dialects } from '../dialects/list.ts'
import { TextBody } from '../dialects/writer.ts'
import type { AddressSet } from '../http/addresses.ts'
import { type BodyLimits, type BodyReader, bodyReader } from '../http/body.ts'
import { EventStreams } from '../http/event-stream.ts'
import type { HostCheck } from '../http/hosts.ts'
import { normalisePath, splitUrl } from '../http/path.ts'
import type { Received } from '../http/received.ts'
import { type Peer, type RemoteClient, remoteClient } from '../http/remote-client.ts'
import { type RouteMatch, RouteTable } from '../http/route-table.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { LimitState } from '../limits/limit-state.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { Answer } from '../pipeline/answer.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { BackgroundTasks } from '../pipeline/background-tasks.ts'
import type { Deployment } from '../pipeline/deployment.ts'
import { noSuchPath, shortened } from '../pipeline/parse-request.ts'
import { answer, authenticateRequest } from '../pipeline/pipeline.ts'
import type { CallerStorage, Serving } from '../pipeline/serving.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { type CheckResults, checkNames } from '../system/server-checks.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { TickBatch } from '../system/tick-batch.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { TokenCounter } from '../tokens/tokens.ts'
import { allowOrigin, preflight } from './cors.ts'
import type { SocketPeer } from './listener.ts'
import { type Readiness, readiness } from './readiness.ts'
import { openSocket } from './socket.ts'
import type { StaticFiles } from './static-files.ts'

export interface HandlerOptions {
	/** Absent only if the transport itself authenticates callers. */
	readonly keys: KeyStore | undefined
	/** Absent if nothing is stored or billed. */
	readonly storage?: CallerStorage | undefined
	/** Limits of the callers; none if absent. */
	readonly limiter?: Limiter | undefined
	/** The current configuration. */
	readonly deployment: () => Deployment
	/** The default dialects for paths that several dialects serve. */
	readonly dialects?: DialectDefaults
	readonly limits: BodyLimits & { readonly keepAliveMs: number }
	/** The web page, if one is served. */
	readonly page?: StaticFiles
	readonly version: string
	readonly clock: Clock
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	readonly telemetry: Telemetry
	/** What `/ready` checks in addition to the models; nothing if absent. */
	readonly checks?: () => Promise<CheckResults>
	/** Whether GET /metrics is served, without authentication. */
	readonly servesMetrics?: boolean
	/** Absent if the transport itself authenticates callers. */
	readonly checkHost?: HostCheck
	/** Proxies whose forwarding headers are trusted; none if absent. */
	readonly proxies?: AddressSet
	/** Use the id in the request's `x-request-id` header. Only safe if a trusted gateway sends all requests. */
	readonly trustsRequestIds?: boolean
}

export interface Handler {
	/** Answers one request. Never rejects. */
	fetch(request: Request, peer?: Peer): Promise<Response>
	/** Accepts or rejects a WebSocket upgrade; undefined if the path has no WebSocket route. */
	socket(request: Request, peer?: Peer): Promise<SocketPeer | Response | undefined>
	/** Ends all open streams with an error as their last event. */
	interrupt(): void
	/** From now on `GET /ready` reports `draining` with 503; requests are served as before. */
	drain(): void
	/** Resolves when no answer without a client is running. */
	idle(): Promise<void>
	/** Resolves when all background tasks are complete. Call it after the last request. */
	settled(): Promise<void>
	/** @param excluded names of checks that do not count. */
	readiness(excluded?: ReadonlySet<string>): Promise<Readiness>
}

/** The response of `GET /ready`: the state of the models, or that the server is about to shut down. */
type ReportedReadiness = Omit<Readiness, 'status'> & { readonly status: Readiness['status'] | 'draining' }

type ReportReadiness = (excluded?: ReadonlySet<string>) => Promise<ReportedReadiness>

export function openHandler(options: HandlerOptions): Handler {
	const { keys, storage, deployment, clock, random, log } = options
	const backgroundTasks = new BackgroundTasks(new ThrottledLog(log, clock))
	const tokens = new TokenCounter()
	const choice = new DialectChoice(dialects, options.dialects ?? defaultDialects)
	const serving: Serving = {
		choice,
		keys,
		limiter: options.limiter,
		storage,
		backgroundTasks,
		tokens,
		deployment,
		clock,
		random,
		log,
		startedAt: Math.floor(clock.now() / 1000),
	}
	const socketTable = routeTableOfSockets()
	const readBody = bodyReader(options.limits)
	const streams = new EventStreams(options.limits)
	const arriving = new TickBatch()
	const ready = async (excluded?: ReadonlySet<string>): Promise<Readiness> => {
		const checks = (await options.checks?.()) ?? {}
		const { models, routeOf, upstreamAt } = deployment()
		const routed = models.all.map((model) => ({
			name: model.name,
			required: model.required,
			members: routeOf(model).members.map(({ endpoint }) => ({
				state: upstreamAt(endpoint).engine.state(),
				healthy: endpoint.healthy,
				open: endpoint.breaker.state === 'open',
			})),
		}))
		return readiness(routed, checks, excluded)
	}

	let draining = false
	const reportReadiness: ReportReadiness = async (excluded) => {
		const readiness = await ready(excluded)
		return draining ? { ...readiness, status: 'draining' } : readiness
	}

	const serveRoute = async (received: Received): Promise<Response> => {
		const observer = options.telemetry.begin(received)
		const claimed = choice.find(received)
		const match = claimed.type === 'none' && hasOwnPath(received, options) ? ownMethods : claimed
		const routed = match.type === 'found' ? match : choice.findExplicit(received)
		const facts = (dialect: Dialect): AnswerFacts => ({ received, dialect, observer, streams, options })
		let dialect = match.type === 'found' ? match.target.dialect : choice.dialectFor(received)
		if (routed.type !== 'found') return writeFailure(notServed(match, received), facts(dialect), allowed(match))
		const { target, parameters } = routed
		observer.observe({ type: 'routed', route: target.pattern, dialect: dialect.name })
		try {
			const route = { target, parameters, unmeant: match !== routed }
			const request = await authenticateRequest(received, route, serving, observer)
			dialect = request.target.dialect
			return writeAnswer(await answer(request, serving), facts(dialect))
		} catch (thrown) {
			return writeFailure(asChatError(thrown), facts(dialect), {})
		}
	}

	const serveOwnOrRoute = async (received: Received): Promise<Response> =>
		(await serveOwn(received, reportReadiness, options)) ?? serveRoute(received)

	const refuseHost = (received: Received): Response | undefined => {
		const refused = options.checkHost?.(received, () => isOwn(received, choice))
		if (refused === undefined) return undefined
		const facts = {
			received,
			dialect: choice.dialectFor(received),
			observer: options.telemetry.begin(received),
			streams,
			options,
		}
		return writeFailure(refused, facts, {}, 400)
	}

	const fetch = (request: Request, peer?: Peer): Promise<Response> => {
		const received = receive(request, remoteClient(peer, request.headers, options.proxies), readBody, options)
		const refused = refuseHost(received)
		return refused === undefined ? serve(request, received) : Promise.resolve(refused)
	}

	/** @param received a request whose Host header was checked. */
	const serve = (request: Request, received: Received): Promise<Response> => {
		if (request.method === 'OPTIONS') return Promise.resolve(preflight(request))
		if (isOwn(received, choice)) return serveOwnOrRoute(received)
		return new Promise((resolve) => arriving.add(() => resolve(serveRoute(received))))
	}

	return {
		fetch,
		readiness: ready,
		async socket(request, peer) {
			const client = remoteClient(peer, request.headers, options.proxies)
			const received = receive(request, client, readBody, options)
			const match = socketTable.find('POST', received.path)
			if (match.type !== 'found') return undefined
			const refused = refuseHost(received)
			if (refused !== undefined) return refused
			const { dialect, route } = match.target
			const observer = options.telemetry.begin({ ...received, method: 'WEBSOCKET' })
			const facts: AnswerFacts = { received, dialect, observer, streams, options }
			try {
				await authenticate(received, observer, keys)
			} catch (thrown) {
				return writeFailure(asChatError(thrown), facts, {})
			}
			observer.observe({ type: 'routed', route: received.path })
			observer.observe({ type: 'ended', atMs: clock.now(), status: 101, disconnected: false })
			// Messages belong to the client of the socket, whose address cannot be read any more when they arrive.
			const known = { address: client.address, requestId: client.requestId, isProxied: client.isProxied }
			const carry = (message: Request) => serve(message, receive(message, known, readBody, options))
			return openSocket({ route, upgrade: request, fetch: carry })
		},
		interrupt: () => streams.interrupt(),
		drain() {
			draining = true
		},
		idle: () => backgroundTasks.settled(),
		async settled() {
			await backgroundTasks.settled()
			tokens.close()
		},
	}
}

function notServed(match: RouteMatch<unknown>, received: Received): ChatError {
	if (match.type !== 'other-methods') return noSuchPath(received)
	const { method, path } = received
	return new ChatError(
		'method-not-allowed',
		`Not allowed to ${method} on ${shortened(path)}. Allowed methods: ${match.methods.join(', ')}.`,
	)
}

function allowed(match: RouteMatch<unknown>): Readonly<Record<string, string>> {
	return match.type === 'other-methods' ? { allow: match.methods.join(', ') } : {}
}

/** Own paths take no POST. A client with recognisable headers gets the path of its own dialect (`/version`, for example). */
function isOwn({ method, path, headers }: Received, choice: DialectChoice): boolean {
	if (method === 'POST') return false
	const match = choice.find({ method, path, headers })
	return match.type !== 'found' || match.target.dialect.recognises?.(headers) !== true
}

/** Paths outside all dialects: the server's state, its metrics, the web page. */
async function serveOwn(
	received: Received,
	ready: ReportReadiness,
	{ version, telemetry, servesMetrics, page }: HandlerOptions,
): Promise<Response | undefined> {
	const status = await writeStatus(received, ready, version)
	if (status !== undefined) return status
	if (received.method !== 'GET' && received.method !== 'HEAD') return undefined
	if (servesMetrics === true && received.path === '/metrics') return writeMetrics(await telemetry.metrics())
	return page?.find(received.path)
}

/** Methods of the server's own paths. */
const ownMethods: Extract<RouteMatch<never>, { readonly type: 'other-methods' }> = {
	type: 'other-methods',
	methods: ['GET', 'HEAD'],
}

function hasOwnPath({ path }: Received, { servesMetrics, page }: HandlerOptions): boolean {
	if (path === '/metrics') return servesMetrics === true
	return ['/health', '/ready', '/version'].includes(path) || page?.find(path) !== undefined
}

function routeTableOfSockets(): RouteTable<{ readonly dialect: Dialect; readonly route: SocketRoute }> {
	const table = new RouteTable<{ readonly dialect: Dialect; readonly route: SocketRoute }>()
	for (const dialect of dialects)
		for (const route of dialect.sockets ?? [])
			for (const prefix of dialect.prefixes)
				for (const mount of ['', dialect.mount]) table.add('POST', mount + prefix + route.path, { dialect, route })
	return table
}

function receive(request: Request, client: RemoteClient, readBody: BodyReader, options: HandlerOptions): Received {
	const { path, query } = splitUrl(request.url)
	let body: Promise<unknown> | undefined
	return {
		id: (options.trustsRequestIds === true ? idOf(request) : undefined) ?? `req_${randomUUID().replaceAll('-', '')}`,
		method: request.method,
		path: normalisePath(path),
		query: () => new URLSearchParams(query),
		headers: request.headers,
		client,
		signal: request.signal,
		receivedAtMs: options.clock.now(),
		json() {
			body ??= readBody.json(request)
			return body
		},
		form: () => readBody.form(request),
	}
}

/** The id that a trusted gateway assigned, so that both logs contain the same id. */
function idOf({ headers }: Request): string | undefined {
	const id = headers.get('x-request-id')
	return id !== null && /^req_\w{1,64}$/.test(id) ? id : undefined
}

async function writeStatus(received: Received, ready: ReportReadiness, version: string): Promise<Response | undefined> {
	if (received.method !== 'GET' && received.method !== 'HEAD') return undefined
	switch (received.path) {
		case '/health':
			return Response.json({ status: 'ok' }, { headers: allowOrigin })
		case '/ready': {
			const excluded = new Set(received.query().getAll('exclude'))
			const [unknown] = excluded.difference(new Set(checkNames))
			if (unknown !== undefined) {
				const error = `exclude=${shortened(unknown)}: no such check; the checks are ${checkNames.join(', ')}`
				return Response.json({ error }, { status: 400, headers: allowOrigin })
			}
			const state = await ready(excluded)
			return Response.json(state, { status: state.status === 'ready' ? 200 : 503, headers: allowOrigin })
		}
		case '/version':
			return Response.json({ name: 'dragoman', version }, { headers: allowOrigin })
		default:
			return undefined
	}
}

/** Context for writing the response to one request. */
interface AnswerFacts {
	readonly received: Received
	readonly dialect: Dialect
	readonly observer: RequestObserver
	readonly streams: EventStreams
	readonly options: HandlerOptions
}

function writeMetrics({ contentType, body }: { readonly contentType: string; readonly body: string }): Response {
	return new Response(body, { headers: { 'content-type': contentType } })
}

function headersOf(
	{ received, dialect, options }: AnswerFacts,
	limits: readonly LimitState[] = [],
): Record<string, string> {
	const nowMs = options.clock.now()
	return {
		...allowOrigin,
		'x-request-id': received.id,
		...dialect.headers({ processingMs: nowMs - received.receivedAtMs, requestId: received.id, nowMs, limits }),
	}
}

function writeAnswer(answered: Answer, facts: AnswerFacts): Response {
	const { received, dialect, observer, streams, options } = facts
	const end = (status: number, disconnected: boolean) =>
		observer.observe({ type: 'ended', atMs: options.clock.now(), status, disconnected })
	switch (answered.type) {
		case 'json': {
			const { body, status = 200 } = answered
			const response = writeBody(body, status, { ...headersOf(facts, answered.limits), ...answered.headers })
			end(status, false)
			return response
		}
		case 'stream': {
			const isHead = received.method === 'HEAD'
			const chunks = answered.open((disconnected) => end(200, disconnected && !isHead))
			// HEAD returns the headers of a stream without its body: the stream is cancelled before its first event is read.
			if (isHead) chunks.cancel()
			return new Response(isHead ? noEvents() : streams.body(chunks, received.signal, dialect.heartbeat), {
				headers: {
					...headersOf(facts, answered.limits),
					...answered.headers,
					'content-type': 'text/event-stream; charset=utf-8',
					'cache-control': 'no-cache',
					'x-accel-buffering': 'no',
				},
			})
		}
	}
}

/** @param status overrides the dialect's status if HTTP requires a specific one. */
function writeFailure(
	error: ChatError,
	facts: AnswerFacts,
	extra: Readonly<Record<string, string>>,
	status?: number,
): Response {
	const { received, dialect, observer, options } = facts
	if (error.kind === 'internal')
		options.log.error({ err: error.cause, request: received.id }, 'a request failed because of an internal error')
	const written = dialect.writeError(error, received.id)
	const sent = status ?? written.status
	observer.observe({
		type: 'ended',
		atMs: options.clock.now(),
		status: sent,
		error,
		disconnected: error.kind === 'cancelled',
	})
	return writeBody(written.body, sent, { ...headersOf(facts), ...written.headers, ...extra })
}

/** A body of unknown length that is never read: the response to HEAD has the headers of a stream. */
async function* noEvents(): AsyncGenerator<Uint8Array> {}

/** A 204 response has no body. */
const noContent = 204

function writeBody(body: unknown, status: number, headers: Record<string, string>): Response {
	if (status === noContent) return new Response(null, { status, headers })
	const [text, type] =
		body instanceof TextBody ? [body.text, body.contentType] : [JSON.stringify(body), 'application/json']
	headers['content-type'] = type
	return new Response(text, { status, headers })
}
