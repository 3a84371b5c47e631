// The example with Prometheus and Grafana: the metrics that it queries exist, and its parts refer to each other
// correctly.

import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { ChatError } from '../src/chat/error.ts'
import { loadConfig } from '../src/config/load.ts'
import { addressSet } from '../src/http/addresses.ts'
import { writeMetrics } from '../src/telemetry/metric.ts'
import { ObservedRequest } from '../src/telemetry/observed-request.ts'
import { RequestMetrics } from '../src/telemetry/request-metrics.ts'
import { root } from './server.ts'

const folder = join(root, 'examples', 'telemetry')
const read = (name: string) => Bun.file(join(folder, name)).text()

const source = z.object({ uid: z.string() })
const dashboard = z
	.object({
		templating: z.object({ list: z.array(z.object({ datasource: source, definition: z.string() })) }),
		panels: z.array(
			z.object({
				id: z.number(),
				title: z.string(),
				datasource: source.optional(),
				gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
				targets: z.array(z.object({ datasource: source, expr: z.string() })).default([]),
			}),
		),
	})
	.parse(JSON.parse(await read('grafana/dashboard.json')))
const compose = z
	.object({
		services: z.record(
			z.string(),
			z.object({
				build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
				environment: z.record(z.string(), z.string()).default({}),
				ports: z.array(z.string()),
				volumes: z.array(z.string()),
			}),
		),
		volumes: z.record(z.string(), z.unknown()),
	})
	.parse(parse(await read('compose.yaml')))

describe('every query of the dashboard', () => {
	const known = scraped()
	for (const { title, targets } of dashboard.panels)
		for (const { expr } of targets)
			test(`${title}: ${expr}`, () => {
				const queried = series(expr)
				expect(queried.length).toBeGreaterThan(0)
				for (const name of queried) expect([...known.keys()]).toContain(name)
				const having = new Set(queried.flatMap((name) => [...(known.get(name) ?? [])]))
				for (const label of labels(expr)) expect([...having, 'job', 'instance']).toContain(label)
			})
	for (const { definition } of dashboard.templating.list)
		test(definition, () => {
			const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? []
			expect([...(known.get(metric) ?? [])]).toContain(label)
		})
	test('covers every metric', () => {
		const queried = new Set(dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => series(expr))))
		const shown = (name: string) => queried.has(name) || queried.has(`${name}_bucket`)
		expect(names().filter((name) => !shown(name))).toEqual([])
	})
})

test('panels have unique ids and do not overlap', () => {
	expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
	const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
		Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
	)
	expect(new Set(cells).size).toBe(cells.length)
	expect(Math.max(...dashboard.panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24)
})

describe('the parts are consistent', async () => {
	test('Grafana has the source that the dashboard names', async () => {
		const { datasources } = z
			.object({ datasources: z.array(z.object({ uid: z.string(), url: z.string() })) })
			.parse(parse(await read('grafana/datasource.yaml')))
		const [{ uid, url } = { uid: '', url: '' }] = datasources
		const { panels, templating } = dashboard
		const named = [...panels, ...panels.flatMap(({ targets }) => targets), ...templating.list]
		expect(new Set(named.flatMap(({ datasource }) => datasource?.uid ?? []))).toEqual(new Set([uid]))
		expect(Object.keys(compose.services)).toContain(new URL(url).hostname)
	})
	test('Prometheus scrapes the address that Dragoman listens on', async () => {
		const config = await configuration()
		const { scrape_configs } = z
			.object({
				scrape_configs: z.array(
					z.object({ job_name: z.string(), static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
				),
			})
			.parse(parse(await read('prometheus.yml')))
		const targets = scrape_configs.flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
		expect(targets).toEqual([`dragoman:${config.listen.split(':')[1]}`])
		expect(scrape_configs.map(({ job_name }) => job_name)).toEqual(['dragoman'])
		// Docker's networks: Prometheus has no key.
		expect(config.telemetry.metrics).toBe('restricted')
		expect(addressSet(config.telemetry.metricsFrom).has('172.18.0.3')).toBe(true)
	})
	test('the container has time for the answers in flight', async () => {
		const config = await configuration()
		const grace = /stop_grace_period: (\d+)s/.exec(await read('compose.yaml'))?.[1]
		expect(Number(grace) * 1000).toBeGreaterThan(config.limits.shutdownMs)
	})
	test('mounted files exist, and ports are open to this machine only', () => {
		const volumes = Object.values(compose.services).flatMap((service) => service.volumes)
		for (const [from = ''] of volumes.map((volume) => volume.split(':')))
			expect([from, from.startsWith('./') ? existsSync(join(folder, from)) : from in compose.volumes]).toEqual([
				from,
				true,
			])
		for (const port of Object.values(compose.services).flatMap(({ ports }) => ports))
			expect(port).toStartWith('127.0.0.1:')
	})
	test('Grafana reads the dashboard from its mount point', async () => {
		const { grafana } = compose.services
		const [, path = ''] = /path: ([^ ]+)/.exec(await read('grafana/dashboards.yaml')) ?? []
		expect(grafana?.volumes).toContain(`./grafana/dashboard.json:${path}/dashboard.json:ro`)
		expect(grafana?.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(`${path}/dashboard.json`)
	})
	test('the image contains the files that it copies and runs', async () => {
		const { context = '', dockerfile = '' } = compose.services.dragoman?.build ?? {}
		expect(join(folder, context)).toStartWith(root)
		expect(join(folder, context, dockerfile)).toBe(join(folder, 'Dockerfile'))
		const included = [...(await read('Dockerfile.dockerignore')).matchAll(/^!(.+)$/gm)].map(([, path = '']) => path)
		expect(included.filter((path) => !existsSync(join(root, path)))).toEqual([])
		const { files } = z.object({ files: z.array(z.string()) }).parse(await Bun.file(join(root, 'package.json')).json())
		const needed = files.filter(
			(path) => !path.endsWith('.md') && path !== 'docs' && path !== 'dist/page' && !path.startsWith('!'),
		)
		expect(included).toEqual(expect.arrayContaining([...needed, 'scripts', 'package.json', 'package-lock.json']))
	})
})

async function configuration() {
	return (await loadConfig({ file: join(folder, 'dragoman.yaml'), overrides: {}, environment: {} })).config
}

/** Every series of a server that saw everything there is to see once, with its labels. */
function scraped(): ReadonlyMap<string, ReadonlySet<string>> {
	const known = new Map<string, Set<string>>()
	for (const [, name = '', braces = ''] of writeMetrics(observedOnce().snapshot()).matchAll(
		/^(\w+)(?:\{(.*)\})? \S+$/gm,
	)) {
		const having = known.get(name) ?? new Set()
		known.set(name, having)
		for (const [, label = ''] of braces.matchAll(/(\w+)="/g)) having.add(label)
	}
	return known
}

function names(): readonly string[] {
	return observedOnce()
		.snapshot()
		.map(({ name }) => name)
}

function observedOnce(): RequestMetrics {
	const gauges = { name: 'echo', running: 0, waiting: 0, breaker: 'closed', healthy: true } as const
	const metrics = new RequestMetrics({ version: '0', startedAtMs: 0, upstreams: () => [gauges] })
	const usage = {
		promptTokens: 1,
		completionTokens: 1,
		cachedTokens: 0,
		reasoningTokens: 0,
		source: 'upstream',
	} as const
	for (const disconnected of [true, false]) {
		const request = new ObservedRequest(
			{ id: 'r', method: 'POST', headers: new Headers(), receivedAtMs: 0 },
			{
				content: false,
				gaps: (model) => metrics.gapsOf(model),
				attempt: (_, upstream) => ({ traceHeaders: {}, end: (ms, error) => metrics.attempted(upstream, ms, error) }),
				end: (ended, nowMs) => metrics.end(ended, nowMs),
			},
		)
		metrics.begin()
		request.observe({ type: 'routed', route: '/v1/chat/completions', dialect: 'openai' })
		request.observe({ type: 'parsed', operation: 'chat', stream: true, body: {} })
		request.observe({ type: 'planned', model: 'echo' })
		request.observe({ type: 'attempt', upstream: 'echo', atMs: 0 })
		request.observe({ type: 'attempt-ended', atMs: 1 })
		request.observe({ type: 'output', atMs: 1, text: '' })
		request.observe({ type: 'output', atMs: 2, text: '' })
		request.observe({ type: 'usage', usage })
		request.observe({ type: 'failed', error: new ChatError('upstream-failed', 'cut') })
		request.observe({ type: 'ended', atMs: 3, status: 200, disconnected })
	}
	return metrics
}

function series(expr: string): readonly string[] {
	return [...expr.matchAll(/\b(?:dragoman|process)_\w+/g)].map(([name]) => name)
}

/** The labels that a query selects by or groups by. */
function labels(expr: string): readonly string[] {
	const selected = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label)
	const grouped = [...expr.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '))
	return [...selected, ...grouped]
}
