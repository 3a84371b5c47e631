// dragoman status: shows whether a running server is ready, with its models and upstreams. It reads public endpoints,
// without a key.

import { Command } from 'commander'
import { isObject } from '../chat/json.ts'
import { terminalLine } from '../system/terminal-text.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { type MetricSample, readMetrics } from './metrics-text.ts'
import { addServerOptions, connectServer, type ServerFlags } from './server-connection.ts'
import { outputWidth, table } from './table.ts'

interface StatusFlags extends ServerFlags {
	readonly json?: true
}

interface ServerStatus {
	readonly url: string
	readonly version: string
	readonly status: string
	readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason: string | undefined }[]
	readonly models: readonly {
		readonly id: string
		readonly status: string
		readonly required: boolean
		readonly contextTokens: number | undefined
		readonly note: string | undefined
	}[]
	/** Undefined if the server does not permit this client to read its metrics. */
	readonly upstreams: readonly UpstreamStatus[] | undefined
}

interface UpstreamStatus {
	readonly name: string
	readonly healthy: boolean
	readonly breaker: string
	readonly running: number
	readonly waiting: number
}

export function statusCommand(context: CommandContext): Command {
	return addServerOptions(
		new Command('status')
			.alias('ps')
			.description('show whether a running server is ready, with its models and upstreams'),
	)
		.option('--json', 'print JSON')
		.action(async ({ json, ...flags }: StatusFlags) => {
			const status = await readStatus(flags, context)
			if (json === true) context.print(JSON.stringify(status, null, 2))
			else for (const line of writeStatus(status, outputWidth(context))) context.print(line)
			if (status.status !== 'ready') throw new CliError(`The server is not ready: ${status.status}.`)
		})
}

async function readStatus(flags: ServerFlags, context: CommandContext): Promise<ServerStatus> {
	// The key is not needed, so its absence is not an error.
	const server = await connectServer(flags, context)
	const [version, ready, metrics] = await Promise.all([
		server.read('/version').then(readBody),
		server.read('/ready').then(readBody),
		server.read('/metrics').then(async (response) => (response.ok ? readMetrics(await response.text()) : undefined)),
	])
	if (!isObject(version) || version.name !== 'dragoman' || !isObject(ready))
		throw new CliError(`${server.url} is not a Dragoman server.`)
	return {
		url: server.url,
		version: String(version.version),
		status: String(ready.status),
		checks: Object.entries(isObject(ready.checks) ? ready.checks : {}).map(([name, check]) => ({
			name,
			ok: isObject(check) && check.ok === true,
			reason: isObject(check) && typeof check.reason === 'string' ? check.reason : undefined,
		})),
		models: (Array.isArray(ready.models) ? ready.models : []).filter(isObject).map((model) => ({
			id: String(model.id),
			status: String(model.status),
			required: model.required === true,
			contextTokens: typeof model.contextTokens === 'number' ? model.contextTokens : undefined,
			note: typeof model.note === 'string' ? model.note : undefined,
		})),
		upstreams: metrics === undefined ? undefined : upstreamsOf(metrics),
	}
}

async function readBody(response: Response): Promise<unknown> {
	return response.json().catch(() => undefined)
}

const breakerStates = ['closed', 'half-open', 'open'] as const

function upstreamsOf(samples: readonly MetricSample[]): readonly UpstreamStatus[] {
	const sampleOf = (metric: string, upstream: string) =>
		samples.find(({ name, labels }) => name === `dragoman_upstream_${metric}` && labels.upstream === upstream)?.value ??
		0
	const names = samples.flatMap(({ name, labels: { upstream } }) =>
		name === 'dragoman_upstream_healthy' && upstream !== undefined ? [upstream] : [],
	)
	return names.map((name) => ({
		name,
		healthy: sampleOf('healthy', name) === 1,
		breaker: breakerStates[sampleOf('breaker', name)] ?? 'closed',
		running: sampleOf('running', name),
		waiting: sampleOf('waiting', name),
	}))
}

function writeStatus(
	{ url, version, status, checks, models, upstreams }: ServerStatus,
	width: number | undefined,
): readonly string[] {
	const checked = checks.map(({ name, ok, reason }) => `${name} ${ok ? 'ok' : `FAILED (${reason ?? 'no reason'})`}`)
	return [
		terminalLine(`Dragoman ${version} at ${url}: ${status}`),
		...(checked.length === 0 ? [] : [terminalLine(`Checks: ${checked.join(', ')}`)]),
		'',
		...table(
			['MODEL', 'STATUS', 'REQUIRED', 'CONTEXT', 'NOTE'],
			models.map((model) => [
				model.id,
				model.status,
				model.required ? 'yes' : 'no',
				model.contextTokens === undefined ? '' : String(model.contextTokens),
				model.note ?? '',
			]),
			width,
		),
		'',
		...(upstreams === undefined
			? ['Upstreams: the server does not show its metrics to this client.']
			: table(
					['UPSTREAM', 'HEALTHY', 'BREAKER', 'RUNNING', 'WAITING'],
					upstreams.map(({ name, healthy, breaker, running, waiting }) => [
						name,
						healthy ? 'yes' : 'no',
						breaker,
						String(running),
						String(waiting),
					]),
					width,
				)),
	]
}
