// From a Request to a Response: finds the dialect and the route of each request, and passes it through the pipeline.
// Responses are written by response-writer.ts, the server's own endpoints by own-endpoints.ts.

import { asChatError } from '../chat/error.ts'
import { parseJson, parseJsonInSteps, stringifyJsonInSteps } from '../chat/json-text.ts'
import { RecentTurns } from '../conversations/recent-turns.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { fieldBounds } from '../dialects/field-bounds.ts'
import { groupOfAddress } from '../http/addresses.ts'
import { type BodyReader, bodyReader } from '../http/body.ts'
import { EventStreams } from '../http/event-stream.ts'
import type { HttpRequest } from '../http/http-request.ts'
import { checkJsonText, checkJsonTextInSteps, type JsonBounds } from '../http/json-bounds.ts'
import type { Received } from '../http/received.ts'
import { type Peer, remoteClient } from '../http/remote-client.ts'
import { defaultBounds } from '../http/request-bounds.ts'
import { asResponse, type OutgoingResponse, type WrittenResponse } from '../http/written-response.ts'
import { type Authenticated, authenticate, presentedSecret } from '../pipeline/authenticate.ts'
import { callerOf } from '../pipeline/caller-path.ts'
import { answer, authenticateRequest } from '../pipeline/pipeline.ts'
import type { Serving } from '../pipeline/serving.ts'
import { Occupancy } from '../system/occupancy.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import { CallerPermits, excessError } from './caller-limits.ts'
import type { Release } from './caller-shares.ts'
import { preflight } from './cors.ts'
import { routeTableOfSockets } from './dialect-sockets.ts'
import type { HandlerOptions } from './handler-options.ts'
import { authorizeMetrics, mayReadMetrics } from './metrics-access.ts'
import { openServing } from './open-serving.ts'
import {
	hasOwnPath,
	healthPath,
	isOwn,
	isRead,
	metricsPath,
	ownMethods,
	type ReportedReadiness,
	serveOwn,
} from './own-endpoints.ts'
import { describePage, pagePath } from './page-description.ts'
import { type Readiness, readiness } from './readiness.ts'
import { receive } from './receive.ts'
import { RequestStarts } from './request-starts.ts'
import { allowed, notServed, type ResponseWriting, writeAnswer, writeFailure } from './response-writer.ts'
import { routedModels } from './routed-models.ts'
import { longCharacters, openSocket } from './socket.ts'
import type { SocketPeer } from './socket-peer.ts'

export interface Handler {
	/** Answers one request. Never rejects. */
	readonly respond: (request: HttpRequest, peer?: Peer) => Promise<OutgoingResponse>
	/** The same, as a web `Response`. */
	readonly fetch: (request: HttpRequest, peer?: Peer) => Promise<Response>
	/** Accepts or rejects a WebSocket upgrade; undefined if the path has no WebSocket route. */
	readonly socket: (request: HttpRequest, peer?: Peer) => Promise<SocketPeer | Response | undefined>
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

export function openHandler(options: HandlerOptions): Handler {
	return new RequestHandler(options)
}

class RequestHandler implements Handler {
	private readonly options: HandlerOptions
	private readonly serving: Serving
	private readonly sockets = routeTableOfSockets()
	/** Of the open sockets. */
	private readonly recentTurns = new RecentTurns()
	private readonly readBody: BodyReader
	private readonly streams: EventStreams
	private readonly starts = new RequestStarts()
	private readonly permits: CallerPermits
	private draining = false

	constructor(options: HandlerOptions) {
		this.options = options
		this.permits = new CallerPermits(options.callerLimits)
		const { occupancy = new Occupancy() } = options
		this.readBody = bodyReader(options.limits, fieldBounds, occupancy)
		this.streams = new EventStreams(options.limits)
		this.serving = openServing(options, occupancy)
	}

	readonly fetch = async (request: HttpRequest, peer?: Peer): Promise<Response> =>
		asResponse(await this.respond(request, peer))

	readonly respond = (request: HttpRequest, peer?: Peer): Promise<OutgoingResponse> => {
		const client = remoteClient(peer, request.headers, this.options.proxies)
		const received = receive(request, client, this.readBody, this.options)
		const refused = this.refuseExcess(received, peer) ?? this.refuseHost(received)
		return refused === undefined ? this.serve(received, peer) : Promise.resolve(refused)
	}

	readonly socket = async (request: HttpRequest, peer?: Peer): Promise<SocketPeer | Response | undefined> => {
		const { options, readBody } = this
		const client = remoteClient(peer, request.headers, options.proxies)
		const received = receive(request, client, readBody, options)
		const match = this.sockets.find('POST', received.path)
		if (match.type !== 'found') return undefined
		const refused = this.refuseHost(received)
		if (refused !== undefined) return asResponse(refused)
		const { dialect, route } = match.target
		const observer = options.telemetry.begin({ ...received, method: 'WEBSOCKET' })
		let held: { readonly key: Authenticated['key']; readonly caller: string; readonly release: Release }
		try {
			const { key } = await authenticate(received, observer, this.serving.keys)
			peer?.identified?.()
			const caller = key?.id ?? ''
			held = { key, caller, release: this.permits.takeSocket(caller) }
		} catch (thrown) {
			return asResponse(writeFailure(asChatError(thrown), this.factsOf(received, dialect, observer), {}))
		}
		observer.observe({ type: 'routed', route: received.path })
		observer.observe({ type: 'ended', atMs: options.clock.now(), status: 101, disconnected: false })
		// Messages belong to the client of the socket, whose address cannot be read any more when they arrive.
		const known = { address: client.address, requestId: client.requestId, isProxied: client.isProxied }
		const carry = async (sent: HttpRequest, message: object) =>
			asResponse(await this.serve({ ...receive(sent, known, readBody, options), message }, undefined))
		const memory = this.permits.socketMemory
		const { bounds = defaultBounds, maxDepth } = options.limits
		const limits = { bounds, maxDepth }
		const { occupancy } = this.serving
		const path = callerOf(held.key)
		return openSocket({
			route,
			turns: this.recentTurns.connect(),
			upgrade: request,
			fetch: carry,
			parse: (text) => {
				if (text.length >= longCharacters) return occupancy.run(path, parseMessage(text, limits))
				checkJsonText(Buffer.from(text), limits)
				return parseJson(text)
			},
			write: (body) => {
				const steps = stringifyJsonInSteps(body)
				const first = steps.next()
				return first.done === true ? first.value : occupancy.run(path, steps)
			},
			closed: held.release,
			reserve: (bytes) => memory.add(held.caller, bytes),
			release: (bytes) => memory.subtract(held.caller, bytes),
		})
	}

	interrupt(): void {
		this.streams.interrupt()
	}

	drain(): void {
		this.draining = true
	}

	idle(): Promise<void> {
		return this.serving.backgroundTasks.settled()
	}

	async settled(): Promise<void> {
		await this.serving.backgroundTasks.settled()
		this.serving.tokens.close()
	}

	async readiness(excluded?: ReadonlySet<string>): Promise<Readiness> {
		const checks = (await this.options.checks?.()) ?? {}
		return readiness(routedModels(this.options.deployment()), checks, excluded)
	}

	private async reportedReadiness(excluded?: ReadonlySet<string>): Promise<ReportedReadiness> {
		const state = await this.readiness(excluded)
		return this.draining ? { ...state, status: 'draining' } : state
	}

	/** @param received a request whose Host header was checked. */
	private serve(received: Received, peer: Peer | undefined): Promise<OutgoingResponse> {
		if (received.method === 'OPTIONS') return Promise.resolve(preflight(received))
		if (isOwn(received, this.serving.choice)) return this.serveOwnOrRoute(received, peer)
		return new Promise((resolve) =>
			this.starts.add(presentedSecret(received.headers) ?? '', () => {
				const answered = this.serveRoute(received, peer)
				resolve(answered)
				return answered
			}),
		)
	}

	private async serveOwnOrRoute(received: Received, peer: Peer | undefined): Promise<OutgoingResponse> {
		const refused = received.sentPath === metricsPath ? await this.refuseMetrics(received) : undefined
		if (refused !== undefined) return refused
		if (received.sentPath === pagePath && isRead(received)) return this.servePageDescription(received)
		const report = (excluded?: ReadonlySet<string>) => this.reportedReadiness(excluded)
		return (await serveOwn(received, report, this.options)) ?? this.serveRoute(received, peer)
	}

	private async serveRoute(received: Received, peer: Peer | undefined): Promise<OutgoingResponse> {
		const { options, serving, permits } = this
		const { choice } = serving
		const observer = options.telemetry.begin(received)
		const claimed = choice.find(received)
		const match = claimed.type === 'none' && hasOwnPath(received, options) ? ownMethods : claimed
		const routed = match.type === 'found' ? match : choice.findExplicit(received)
		let dialect = match.type === 'found' ? match.target.dialect : choice.dialectFor(received)
		if (routed.type !== 'found')
			return writeFailure(notServed(match, received), this.factsOf(received, dialect, observer), allowed(match))
		const { target, parameters } = routed
		observer.observe({ type: 'routed', route: target.pattern, dialect: dialect.name })
		const held: Release[] = []
		const release = () => {
			for (const giveBack of held) giveBack()
		}
		try {
			const { client } = received
			if (client.isProxied && client.address !== undefined)
				held.push(permits.takeForAddress(groupOfAddress(client.address)))
			const route = { target, parameters, explicitOnly: match !== routed }
			const request = await authenticateRequest(received, route, serving, observer)
			dialect = request.target.dialect
			if (request.key !== undefined) {
				peer?.identified?.()
				held.push(permits.takeForKey(request.key.id))
			}
			return writeAnswer(await answer(request, serving), this.factsOf(received, dialect, observer, release))
		} catch (thrown) {
			return writeFailure(asChatError(thrown), this.factsOf(received, dialect, observer, release), {})
		}
	}

	private async refuseMetrics(received: Received): Promise<WrittenResponse | undefined> {
		const { metrics, telemetry, clock } = this.options
		const { keys } = this.serving
		if (metrics === undefined || keys === undefined || mayReadMetrics(metrics, received)) return undefined
		const observer = telemetry.begin(received)
		try {
			await authorizeMetrics(metrics, received, observer, keys)
			observer.observe({ type: 'ended', atMs: clock.now(), status: 200, disconnected: false })
			return undefined
		} catch (thrown) {
			const dialect = this.serving.choice.dialectFor(received)
			return writeFailure(asChatError(thrown), this.factsOf(received, dialect, observer), {})
		}
	}

	private async servePageDescription(received: Received): Promise<OutgoingResponse> {
		const { telemetry, deployment, pageDescription } = this.options
		const observer = telemetry.begin(received)
		observer.observe({ type: 'routed', route: pagePath })
		const facts = this.factsOf(received, this.serving.choice.dialectFor(received), observer)
		try {
			const described = pageDescription?.() ?? { notice: {}, recommended: [] }
			const context = { observer, keys: this.serving.keys, models: deployment().models }
			const body = await describePage(described, received, context)
			const response = asResponse(writeAnswer({ type: 'json', body }, facts))
			// What needs no key is not for the web pages of other origins.
			if (presentedSecret(received.headers) === undefined) response.headers.delete('access-control-allow-origin')
			return response
		} catch (thrown) {
			return writeFailure(asChatError(thrown), facts, {})
		}
	}

	/** Connections above the limits are for health checks. */
	private refuseExcess(received: Received, peer: Peer | undefined): WrittenResponse | undefined {
		if (peer?.excess === undefined || received.sentPath === healthPath) return undefined
		const observer = this.options.telemetry.begin(received)
		const dialect = this.serving.choice.dialectFor(received)
		return writeFailure(excessError(peer.excess), this.factsOf(received, dialect, observer), {})
	}

	private refuseHost(received: Received): WrittenResponse | undefined {
		const { choice } = this.serving
		const refused = this.options.checkHost?.(received, () => isOwn(received, choice))
		if (refused === undefined) return undefined
		const observer = this.options.telemetry.begin(received)
		return writeFailure(refused, this.factsOf(received, choice.dialectFor(received), observer), {}, 400)
	}

	private factsOf(received: Received, dialect: Dialect, observer: RequestObserver, release?: Release): ResponseWriting {
		const { clock, log } = this.options
		return { received, dialect, observer, streams: this.streams, clock, log, release }
	}
}

function* parseMessage(
	text: string,
	limits: Pick<JsonBounds, 'bounds' | 'maxDepth'>,
): Generator<undefined, unknown, undefined> {
	const bytes = Buffer.from(text)
	yield* checkJsonTextInSteps(bytes, limits)
	return yield* parseJsonInSteps(bytes)
}
