// The server's own endpoints: its state, its metrics, the document of its APIs, and the web page. It knows no dialect's
// formats, only which requests a dialect claims by their headers.

import type { DialectChoice } from '../dialects/choice.ts'
import type { Received } from '../http/received.ts'
import type { RouteMatch } from '../http/route-table.ts'
import { shortened } from '../pipeline/parse-request.ts'
import { checkNames } from '../system/server-checks.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { MetricsAccess } from './metrics-access.ts'
import { type PageDescription, pagePath } from './page-description.ts'
import type { PageFiles } from './page-files.ts'
import type { Readiness } from './readiness.ts'
import { documentPath, type ServedDocument } from './served-document.ts'

/** The response of `GET /ready`: the state of the models, or that the server is about to shut down. */
export type ReportedReadiness = Omit<Readiness, 'status'> & { readonly status: Readiness['status'] | 'draining' }

export type ReportReadiness = (excluded?: ReadonlySet<string>) => Promise<ReportedReadiness>

export const healthPath = '/health'
export const metricsPath = '/metrics'

export interface OwnEndpoints {
	readonly version: string
	readonly telemetry: Telemetry
	/** Who may read GET /metrics; it is not served if absent. */
	readonly metrics?: MetricsAccess | undefined
	/** The web page, if one is served. */
	readonly page?: PageFiles | undefined
	/** What the operator says on it at the moment; nothing if absent. */
	readonly pageDescription?: (() => PageDescription) | undefined
	/** The OpenAPI document, if it is served. */
	readonly document?: ServedDocument | undefined
}

/**
 * Own paths take no POST. A client with recognizable headers gets the path of its own dialect (`/version`, for
 * example).
 */
export function isOwn({ method, path, headers }: Received, choice: DialectChoice): boolean {
	if (method === 'POST') return false
	const match = choice.find({ method, path, headers })
	return match.type !== 'found' || match.target.dialect.recognizes?.(headers) !== true
}

/**
 * Paths outside all dialects: the server's state, its metrics, the document, the web page. Other web pages cannot read them, since they
 * need no key. They are matched as they were sent, without
 * normalization, so that a rule of a proxy for one of them cannot be circumvented.
 */
export async function serveOwn(
	received: Received,
	ready: ReportReadiness,
	{ version, telemetry, metrics, page, document }: OwnEndpoints,
): Promise<Response | undefined> {
	const status = await writeStatus(received, ready, version)
	if (status !== undefined) return momentary(status)
	if (!isRead(received)) return undefined
	if (metrics !== undefined && received.sentPath === metricsPath)
		return momentary(writeMetrics(await telemetry.metrics()))
	if (document !== undefined && received.sentPath === documentPath) return document.serve(received)
	return page?.find({ path: received.sentPath, headers: received.headers })
}

export function isRead({ method }: Pick<Received, 'method'>): boolean {
	return method === 'GET' || method === 'HEAD'
}

/** Methods of the server's own paths. */
export const ownMethods: Extract<RouteMatch<never>, { readonly type: 'other-methods' }> = {
	type: 'other-methods',
	methods: ['GET', 'HEAD'],
}

export function hasOwnPath({ sentPath: path }: Received, { metrics, page, document }: OwnEndpoints): boolean {
	if (path === metricsPath) return metrics !== undefined
	if (path === documentPath) return document !== undefined
	return [healthPath, '/ready', '/version', pagePath].includes(path) || page?.has(path) === true
}

async function writeStatus(received: Received, ready: ReportReadiness, version: string): Promise<Response | undefined> {
	if (!isRead(received)) return undefined
	switch (received.sentPath) {
		case healthPath:
			return Response.json({ status: 'ok' })
		case '/ready': {
			const excluded = new Set(received.query().getAll('exclude'))
			const [unknown] = excluded.difference(new Set(checkNames))
			if (unknown !== undefined) {
				const error = `exclude=${shortened(unknown)}: no such check; the checks are ${checkNames.join(', ')}`
				return Response.json({ error }, { status: 400 })
			}
			const state = await ready(excluded)
			return Response.json(state, { status: state.status === 'ready' ? 200 : 503 })
		}
		case '/version':
			return Response.json({ name: 'dragoman', version })
		default:
			return undefined
	}
}

/** The state of the server is of this moment: no cache between may repeat it. */
function momentary(response: Response): Response {
	response.headers.set('cache-control', 'no-store')
	return response
}

function writeMetrics({ contentType, body }: { readonly contentType: string; readonly body: string }): Response {
	return new Response(body, { headers: { 'content-type': contentType } })
}
