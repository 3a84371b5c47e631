// The example with Prometheus and Grafana: a real server exposes the metrics and labels that its dashboard and its alert
// rules query, and its parts refer to each other correctly.

import { beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { chatErrorKinds } from '../src/chat/error.ts'
import { readMetrics } from '../src/cli/metrics-text.ts'
import { loadConfig } from '../src/config/load.ts'
import { addressSet } from '../src/http/addresses.ts'
import { checkNames } from '../src/system/server-checks.ts'
import { eventually } from './faults/gateway.ts'
import { root, startServer } from './server.ts'

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

const alerts = z
	.object({
		groups: z.array(
			z.object({
				rules: z.array(
					z.object({
						alert: z.string(),
						expr: z.string(),
						labels: z.object({ severity: z.enum(['page', 'ticket']) }),
						annotations: z.object({
							summary: z.string(),
							description: z.string().optional(),
							runbook_url: z.string(),
						}),
					}),
				),
			}),
		),
	})
	.parse(parse(await read('alerts.yml')))
const rules = alerts.groups.flatMap((group) => group.rules)
const expressions = [
	...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ name: `panel ${title}`, expr }))),
	...rules.map(({ alert, expr }) => ({ name: `alert ${alert}`, expr })),
]

/** The labels of each series, and the values of each label, of a real server after traffic of every kind. */
interface Exposed {
	readonly labels: ReadonlyMap<string, ReadonlySet<string>>
	readonly types: ReadonlyMap<string, string>
}

describe('every expression queries what a server exposes', () => {
	let exposed: Exposed
	beforeAll(async () => {
		exposed = await exposedMetrics()
	})
	for (const { name, expr } of expressions)
		test(name, () => {
			const queried = series(expr)
			expect(queried.length).toBeGreaterThan(0)
			for (const one of queried) expect([...exposed.labels.keys(), 'up']).toContain(one)
			const having = new Set(queried.flatMap((one) => [...(exposed.labels.get(one) ?? [])]))
			for (const label of labels(expr)) expect([...having, 'job', 'instance']).toContain(label)
			for (const [label, value] of matchedValues(expr)) {
				const known = closedLabels[label]
				if (known !== undefined) expect([label, value, known.has(value)]).toEqual([label, value, true])
			}
		})
	for (const { definition } of dashboard.templating.list)
		test(definition, () => {
			const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? []
			expect([...(exposed.labels.get(metric) ?? [])]).toContain(label)
		})
	test('the dashboard shows every metric', () => {
		const queried = new Set(dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => series(expr))))
		const shown = (name: string) => queried.has(name) || queried.has(`${name}_bucket`)
		expect([...exposed.types.keys()].filter((name) => !shown(name))).toEqual([])
	})
	test('rates are of counters, and of nothing else', () => {
		for (const { name, expr } of expressions)
			for (const [, metric = ''] of expr.matchAll(/\b(?:rate|increase)\((\w+)/g)) {
				const type = exposed.types.get(metric) ?? exposed.types.get(metric.replace(/_bucket$/, ''))
				expect([name, metric, type]).toEqual([name, metric, metric.endsWith('_bucket') ? 'histogram' : 'counter'])
			}
	})
})

describe('every alert', async () => {
	const page = await Bun.file(join(root, 'docs', 'telemetry.md')).text()
	const sections = [...page.matchAll(/^#### (\w+)$/gm)].map(([, title = '']) => title)
	test('has a name of its own and a section in the documentation, and no section lacks its alert', () => {
		expect(sections.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted())
		expect(new Set(sections).size).toBe(sections.length)
	})
	for (const { alert, expr, annotations } of rules)
		test(`${alert} links to its section, and its texts use labels that it has`, () => {
			expect(annotations.runbook_url).toBe(`docs/telemetry.md#${alert.toLowerCase()}`)
			const texts = `${annotations.summary} ${annotations.description ?? ''}`
			for (const [, label = ''] of texts.matchAll(/\$labels\.(\w+)/g)) {
				const isAggregated = /\b(?:sum|max|min)\b/.test(expr)
				if (isAggregated) expect(labels(expr)).toContain(label)
				else expect(['instance', 'job', 'upstream', 'check']).toContain(label)
			}
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
	test('the image is that of deploy/', () => {
		const { context = '', dockerfile = '' } = compose.services.dragoman?.build ?? {}
		expect(join(folder, context)).toBe(root)
		expect(dockerfile).toBe('deploy/Dockerfile')
	})
})

/** A server with a model of every state: one that answers and has a price, one that fails, one whose queue is full. */
async function exposedMetrics(): Promise<Exposed> {
	const server = await startServer({
		config: `
limits: { bodyBytes: 65536 }
models:
  echo: { route: [echo], price: { input: 1, output: 2, currency: EUR } }
  failing: { route: [failing] }
upstreams:
  echo: { engine: echo, concurrency: { limit: 4 } }
  failing: { engine: openai-compatible, url: "http://127.0.0.1:1/v1" }
`,
	})
	const ask = (model: string, more: object = {}) =>
		server.call('/v1/chat/completions', {
			model,
			messages: [{ role: 'user', content: 'Hello, how are you?' }],
			...more,
		})
	try {
		for (const response of [
			await ask('echo'),
			await ask('echo', { stream: true }),
			await ask('failing'),
			await ask('echo', { user: 'x'.repeat(70_000) }),
		])
			await response.text()
		const left = new AbortController()
		const stream = await fetch(`${server.url}/v1/chat/completions`, {
			method: 'POST',
			headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
			body: JSON.stringify({
				model: 'echo',
				stream: true,
				messages: [{ role: 'user', content: `echo:delay 20\n${'word '.repeat(2000)}` }],
			}),
			signal: left.signal,
		})
		await stream.body?.getReader().read()
		left.abort()
		const text = await eventually('a client that left, and a delay of the event loop', async () => {
			const body = await (await fetch(`${server.url}/metrics`)).text()
			const isComplete =
				/^dragoman_clients_left_total\{/m.test(body) && /^dragoman_event_loop_delay_seconds_count [1-9]/m.test(body)
			return isComplete ? body : undefined
		})
		return {
			labels: labelsOf(text),
			types: new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type])),
		}
	} finally {
		await server.stop()
	}
}

function labelsOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
	const known = new Map<string, Set<string>>()
	for (const { name, labels } of readMetrics(text)) {
		const having = known.get(name) ?? new Set()
		known.set(name, having)
		for (const label of Object.keys(labels)) having.add(label)
	}
	return known
}

/** Values of labels from a closed list. */
const closedLabels: Readonly<Record<string, ReadonlySet<string>>> = {
	kind: new Set([...chatErrorKinds, 'prompt', 'completion', 'cached', 'reasoning']),
	check: new Set(checkNames),
}

/** The labels and values that a query selects by, without patterns of other characters than `|`. */
function matchedValues(expr: string): readonly (readonly [string, string])[] {
	return [...expr.matchAll(/(\w+)=~?"([\w|-]+)"/g)].flatMap(([, label = '', values = '']) =>
		values.split('|').map((value) => [label, value] as const),
	)
}

async function configuration() {
	return (await loadConfig({ file: join(folder, 'dragoman.yaml'), overrides: {}, environment: {} })).config
}

function series(expr: string): readonly string[] {
	return [...expr.matchAll(/\b(?:(?:dragoman|process)_\w+|up(?=\{))/g)].map(([name]) => name)
}

/** The labels that a query selects by or groups by. */
function labels(expr: string): readonly string[] {
	const selected = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label = '']) => label)
	const grouped = [...expr.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '))
	return [...selected, ...grouped]
}
