// From a Request to a Response: finds the dialect and the route of each request, and passes it through the pipeline.
// Responses are written by response-writer.ts, the server's own endpoints by own-endpoints.ts.

import { asChatError } from '../chat/error.ts'
import { RecentTurns } from '../conversations/recent-turns.ts'
import { DialectChoice, type DialectDefaults } from '../dialects/choice.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { defaultDialects, dialects } from '../dialects/list.ts'
import type { AddressSet } from '../http/addresses.ts'
import { type BodyLimits, type BodyReader, bodyReader } from '../http/body.ts'
import { EventStreams } from '../http/event-stream.ts'
import type { HostCheck } from '../http/hosts.ts'
import type { Received } from '../http/received.ts'
import { type Peer, remoteClient } from '../http/remote-client.ts'
import type { UrlPolicy } from '../http/url-policy.ts'
import type { ConfiguredKey } from '../keys/configured-key.ts'
import { defaultKeyRules, type KeyRules } from '../keys/key-rules.ts'
import type { KeyStore } from '../keys/key-store.ts'
import { KeyVerifier } from '../keys/key-verifier.ts'
import type { Limiter } from '../limits/limiter.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { BackgroundTasks } from '../pipeline/background-tasks.ts'
import type { Deployment } from '../pipeline/deployment.ts'
import { answer, authenticateRequest } from '../pipeline/pipeline.ts'
import type { CallerStorage, Serving } from '../pipeline/serving.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { CheckResults } from '../system/server-checks.ts'
import { SharedTimeout } from '../system/shared-timeout.ts'
import { ThrottledLog } from '../system/throttled-log.ts'
import { TickBatch } from '../system/tick-batch.ts'
import type { RequestObserver } from '../telemetry/observer.ts'
import { TokenCounter } from '../tokens/tokens.ts'
import { preflight } from './cors.ts'
import { routeTableOfSockets } from './dialect-sockets.ts'
import type { SocketPeer } from './listener.ts'
import { hasOwnPath, isOwn, type OwnEndpoints, ownMethods, type ReportedReadiness, serveOwn } from './own-endpoints.ts'
import { type Readiness, type RoutedModel, readiness } from './readiness.ts'
import { type ReceiveOptions, receive } from './receive.ts'
import { allowed, notServed, type ResponseWriting, writeAnswer, writeFailure } from './response-writer.ts'
import { openSocket } from './socket.ts'

export interface HandlerOptions extends OwnEndpoints, ReceiveOptions {
	/** Absent only if the transport itself authenticates callers. */
	readonly keys: KeyStore | undefined
	/** The admin key of the configuration; none if absent. */
	readonly configuredKey?: ConfiguredKey | undefined
	readonly keyRules?: KeyRules | undefined
	/** Policy on URLs that clients hand to upstreams; none if absent. */
	readonly urlPolicy?: UrlPolicy | undefined
	/** Absent if nothing is stored or billed. */
	readonly storage?: CallerStorage | undefined
	/** Limits of the callers; none if absent. */
	readonly limiter?: Limiter | undefined
	/** The current configuration. */
	readonly deployment: () => Deployment
	/** The default dialects for paths that several dialects serve. */
	readonly dialects?: DialectDefaults
	readonly limits: BodyLimits & { readonly keepAliveMs: number }
	readonly clock: Clock
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	/** The checks of `/ready` in addition to the models; nothing if absent. */
	readonly checks?: () => Promise<CheckResults>
	/** Absent if the transport itself authenticates callers. */
	readonly checkHost?: HostCheck
	/** Proxies whose forwarding headers are trusted; none if absent. */
	readonly proxies?: AddressSet
}

export interface Handler {
	/** Answers one request. Never rejects. */
	readonly fetch: (request: Request, peer?: Peer) => Promise<Response>
	/** Accepts or rejects a WebSocket upgrade; undefined if the path has no WebSocket route. */
	readonly socket: (request: Request, peer?: Peer) => Promise<SocketPeer | Response | undefined>
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
	/** The requests that arrive in one tick of the event loop are served together. */
	private readonly arriving = new TickBatch()
	private draining = false

	constructor(options: HandlerOptions) {
		const { keys: store, configuredKey: configured, keyRules: rules = defaultKeyRules } = options
		const { storage, limiter, urlPolicy, deployment, clock, random, log } = options
		const { keepAliveMs } = options.limits
		const throttledLog = new ThrottledLog(log, clock)
		this.options = options
		this.readBody = bodyReader(options.limits)
		this.streams = new EventStreams(options.limits)
		this.serving = {
			choice: new DialectChoice(dialects, options.dialects ?? defaultDialects),
			keys: store === undefined ? undefined : new KeyVerifier({ store, configured, rules }),
			limiter,
			urlPolicy,
			storage,
			backgroundTasks: new BackgroundTasks(throttledLog),
			tokens: new TokenCounter(),
			deployment,
			clock,
			quietTimeout: keepAliveMs === 0 ? undefined : new SharedTimeout(keepAliveMs, clock),
			random,
			log,
			throttledLog,
			startedAt: Math.floor(clock.now() / 1000),
		}
	}

	readonly fetch = (request: Request, peer?: Peer): Promise<Response> => {
		const client = remoteClient(peer, request.headers, this.options.proxies)
		const received = receive(request, client, this.readBody, this.options)
		const refused = this.refuseHost(received)
		return refused === undefined ? this.serve(request, received) : Promise.resolve(refused)
	}

	readonly socket = async (request: Request, peer?: Peer): Promise<SocketPeer | Response | undefined> => {
		const { options, readBody } = this
		const client = remoteClient(peer, request.headers, options.proxies)
		const received = receive(request, client, readBody, options)
		const match = this.sockets.find('POST', received.path)
		if (match.type !== 'found') return undefined
		const refused = this.refuseHost(received)
		if (refused !== undefined) return refused
		const { dialect, route } = match.target
		const observer = options.telemetry.begin({ ...received, method: 'WEBSOCKET' })
		try {
			await authenticate(received, observer, this.serving.keys)
		} catch (thrown) {
			return writeFailure(asChatError(thrown), this.factsOf(received, dialect, observer), {})
		}
		observer.observe({ type: 'routed', route: received.path })
		observer.observe({ type: 'ended', atMs: options.clock.now(), status: 101, disconnected: false })
		// Messages belong to the client of the socket, whose address cannot be read any more when they arrive.
		const known = { address: client.address, requestId: client.requestId, isProxied: client.isProxied }
		const carry = (sent: Request, message: object) =>
			this.serve(sent, { ...receive(sent, known, readBody, options), message })
		return openSocket({ route, turns: this.recentTurns.connect(), upgrade: request, fetch: carry })
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
	private serve(request: Request, received: Received): Promise<Response> {
		if (request.method === 'OPTIONS') return Promise.resolve(preflight(request))
		if (isOwn(received, this.serving.choice)) return this.serveOwnOrRoute(received)
		return new Promise((resolve) => this.arriving.add(() => resolve(this.serveRoute(received))))
	}

	private async serveOwnOrRoute(received: Received): Promise<Response> {
		const report = (excluded?: ReadonlySet<string>) => this.reportedReadiness(excluded)
		return (await serveOwn(received, report, this.options)) ?? this.serveRoute(received)
	}

	private async serveRoute(received: Received): Promise<Response> {
		const { options, serving } = this
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
		try {
			const route = { target, parameters, explicitOnly: match !== routed }
			const request = await authenticateRequest(received, route, serving, observer)
			dialect = request.target.dialect
			return writeAnswer(await answer(request, serving), this.factsOf(received, dialect, observer))
		} catch (thrown) {
			return writeFailure(asChatError(thrown), this.factsOf(received, dialect, observer), {})
		}
	}

	private refuseHost(received: Received): Response | undefined {
		const { choice } = this.serving
		const refused = this.options.checkHost?.(received, () => isOwn(received, choice))
		if (refused === undefined) return undefined
		const observer = this.options.telemetry.begin(received)
		return writeFailure(refused, this.factsOf(received, choice.dialectFor(received), observer), {}, 400)
	}

	private factsOf(received: Received, dialect: Dialect, observer: RequestObserver): ResponseWriting {
		const { clock, log } = this.options
		return { received, dialect, observer, streams: this.streams, clock, log }
	}
}

function routedModels({ models, routeOf, upstreamAt }: Deployment): readonly RoutedModel[] {
	return models.all.map((model) => ({
		name: model.name,
		required: model.required,
		members: routeOf(model).members.map(({ endpoint }) => ({
			state: upstreamAt(endpoint).engine.state(),
			healthy: endpoint.healthy,
			open: endpoint.breaker.state === 'open',
		})),
	}))
}
