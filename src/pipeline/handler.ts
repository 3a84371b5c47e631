// From a Request to a Response: what is common to every answer, whatever it is about. Routes, request ids, CORS, the server's own
// status, and errors in the shape of the dialect that was spoken.

import { randomUUID } from 'node:crypto'
import { asChatError, ChatError } from '../chat/error.ts'
import type { Dialect, Route } from '../dialects/dialect.ts'
import { dialects } from '../dialects/list.ts'
import { type BodyLimits, readJson } from '../http/body.ts'
import { allowOrigin, preflight } from '../http/cors.ts'
import { eventStream } from '../http/event-stream.ts'
import { normalisePath } from '../http/path.ts'
import type { Received } from '../http/received.ts'
import { RouteTable } from '../http/route-table.ts'
import type { StaticFiles } from '../http/static-files.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { ModelTable } from '../models/model.ts'
import type { Log } from '../telemetry/log.ts'
import { type Readiness, readiness } from '../telemetry/status.ts'
import type { Clock } from '../time/clock.ts'
import type { Answer } from './attempt.ts'
import type { Parts, Upstream } from './parts.ts'
import { answer } from './pipeline.ts'

export interface HandlerOptions {
	/** Absent only where the transport itself admits callers. */
	readonly keys: KeyStore | undefined
	readonly models: ModelTable
	readonly upstreams: readonly Upstream[]
	readonly limits: BodyLimits & { readonly keepAliveMs: number }
	/** The web page, where one is served. */
	readonly page?: StaticFiles
	readonly version: string
	readonly clock: Clock
	readonly log: Log
}

export interface Handler {
	/** Answers one request. Never rejects. */
	fetch(request: Request): Promise<Response>
	readiness(): Readiness
}

interface Target {
	readonly dialect: Dialect
	readonly route: Route
}

export function openHandler(options: HandlerOptions): Handler {
	const { clock, models } = options
	const upstreams = new Map(options.upstreams.map((upstream) => [upstream.name, upstream]))
	const parts: Parts = { keys: options.keys, models, upstreams, clock, startedAt: Math.floor(clock.now() / 1000) }
	const table = routeTable()
	const ready = () =>
		readiness(
			models.all.map(({ name, route }) => ({
				name,
				states: route.flatMap((one) => upstreams.get(one)?.engine.state() ?? []),
			})),
		)

	return {
		readiness: ready,
		async fetch(request) {
			const received = receive(request, options)
			if (request.method === 'OPTIONS') return preflight(request)
			const status = writeStatus(received, ready, options.version)
			if (status !== undefined) return status
			const file = request.method === 'GET' ? options.page?.find(received.path) : undefined
			if (file !== undefined) return file
			const match = table.find(received.method === 'HEAD' ? 'GET' : received.method, received.path)
			const dialect = match.type === 'found' ? match.target.dialect : defaultDialect
			try {
				if (match.type === 'none')
					throw new ChatError('not-found', `Invalid URL (${received.method} ${shown(received.path)})`)
				if (match.type === 'other-methods')
					throw new ChatError(
						'method-not-allowed',
						`Not allowed to ${received.method} on ${shown(received.path)}: it answers to ${match.methods.join(', ')}.`,
					)
				const answered = await answer(received, match.target.route, match.parameter, parts)
				return writeAnswer(answered, received, dialect, options)
			} catch (thrown) {
				const allow: Record<string, string> = match.type === 'other-methods' ? { allow: match.methods.join(', ') } : {}
				return writeFailure(asChatError(thrown), received, dialect, options, allow)
			}
		},
	}
}

/** Answers for paths that no dialect claims. */
const [defaultDialect] = dialects as readonly [Dialect, ...Dialect[]]

function routeTable(): RouteTable<Target> {
	const table = new RouteTable<Target>()
	for (const dialect of dialects)
		for (const route of dialect.routes)
			for (const prefix of dialect.prefixes) table.add(route.method, prefix + route.path, { dialect, route })
	return table
}

function receive(request: Request, options: HandlerOptions): Received {
	const url = new URL(request.url)
	let body: Promise<unknown> | undefined
	return {
		id: `req_${randomUUID().replaceAll('-', '')}`,
		method: request.method,
		path: normalisePath(url.pathname),
		query: url.searchParams,
		headers: request.headers,
		signal: request.signal,
		receivedAtMs: options.clock.now(),
		json() {
			body ??= readJson(request, options.limits)
			return body
		},
	}
}

function writeStatus(received: Received, ready: () => Readiness, version: string): Response | undefined {
	if (received.method !== 'GET' && received.method !== 'HEAD') return undefined
	switch (received.path) {
		case '/health':
			return Response.json({ status: 'ok' }, { headers: allowOrigin })
		case '/ready': {
			const state = ready()
			return Response.json(state, { status: state.status === 'ready' ? 200 : 503, headers: allowOrigin })
		}
		case '/version':
			return Response.json({ name: 'dragoman', version }, { headers: allowOrigin })
		default:
			return undefined
	}
}

function headersOf(received: Received, dialect: Dialect, options: HandlerOptions): Record<string, string> {
	return {
		...allowOrigin,
		'x-request-id': received.id,
		...dialect.headers({ processingMs: options.clock.now() - received.receivedAtMs }),
	}
}

function writeAnswer(answered: Answer, received: Received, dialect: Dialect, options: HandlerOptions): Response {
	const headers = headersOf(received, dialect, options)
	switch (answered.type) {
		case 'json':
			return Response.json(answered.body, { headers })
		case 'stream':
			return new Response(eventStream(answered.pieces, options.limits), {
				headers: {
					...headers,
					'content-type': 'text/event-stream; charset=utf-8',
					'cache-control': 'no-cache',
					'x-accel-buffering': 'no',
				},
			})
	}
}

function writeFailure(
	error: ChatError,
	received: Received,
	dialect: Dialect,
	options: HandlerOptions,
	extra: Readonly<Record<string, string>>,
): Response {
	if (error.kind === 'internal')
		options.log.error({ err: error.cause, request: received.id }, 'a request failed by a defect of this server')
	const written = dialect.writeError(error)
	return Response.json(written.body, {
		status: written.status,
		headers: { ...headersOf(received, dialect, options), ...written.headers, ...extra },
	})
}

/** Short enough to send back. */
function shown(path: string): string {
	return path.length <= 200 ? path : `${path.slice(0, 200)}…`
}
