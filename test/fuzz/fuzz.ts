// Sends mutated requests of every dialect to a server of its own, and judges each response. The request with a number is
// the same at every run with the same seed, so a finding is repeated by its number.

import { join } from 'node:path'
import { randomOf } from '../../src/system/random.testing.ts'
import { mutate } from '../mutation.ts'
import { runCommand, startServer, type TestServer } from '../server.ts'
import { Connection, residentBytesOf } from './exchange.ts'
import { bytesOf, describe, type FuzzedRequest } from './fuzzed-request.ts'
import { mutateHead, withHeader } from './head-mutation.ts'
import { allSeeds, type Seed } from './seeds.ts'
import { exchangeMessage } from './socket-exchange.ts'
import { StoredObjects } from './stored-objects.ts'
import { mutateText, pick, plain } from './text-mutation.ts'
import { openUpstream } from './upstream.ts'
import { Verdicts } from './verdict.ts'

export interface FuzzOptions {
	readonly seed: number
	/** Number of the first request. */
	readonly from: number
	readonly requests: number
	/** Requests in flight. */
	readonly concurrency: number
	/** URL of an empty PostgreSQL database; SQLite where absent. */
	readonly database?: string | undefined
	readonly report: (line: string) => void
}

export interface FuzzFindings {
	/** What was wrong, with the request. */
	readonly violations: readonly string[]
	/** Number of responses by status. */
	readonly statuses: ReadonlyMap<number, number>
	/** Memory of the server after a quarter of the requests, and at the end, in bytes. */
	readonly memory: { readonly before: number; readonly after: number }
}

/** Violations after which a run ends. */
const mostViolations = 50
/** Share of the requests that are messages on a WebSocket. */
const socketShare = 0.02
/** Requests between two times that the stored objects are made. */
const renewal = 2000

const config = (upstream: string, database: string) => `
database: ${JSON.stringify(database)}
limits: { bodyTimeoutMs: 1000 }
log: { level: warn, format: json }
models:
  small: { route: [echo] }
  relayed: { route: [relay], retry: { attempts: 1 } }
  messages: { route: [messages], retry: { attempts: 1 } }
upstreams:
  echo: { engine: echo }
  relay: { engine: openai-compatible, url: ${upstream}/v1, breaker: { failures: 1000000 } }
  messages: { engine: anthropic, url: ${upstream}/v1, key: none, model: relayed, breaker: { failures: 1000000 } }
`

const models = [
	'small',
	'small',
	'small',
	'small',
	'small',
	'small',
	'relayed',
	'messages',
	'unknown',
	'',
	'a\u001b[2J',
	'../x',
]

export async function fuzz(options: FuzzOptions): Promise<FuzzFindings> {
	await using upstream = openUpstream()
	const server = await startServer({ config: config(upstream.url, options.database ?? 'sqlite') })
	try {
		return await new Fuzzer(server, options, await allSeeds(), await adminKeyOf(server)).run()
	} finally {
		await server.stop()
	}
}

class Fuzzer {
	private readonly server: TestServer
	private readonly options: FuzzOptions
	private readonly seeds: readonly Seed[]
	/** Those with a body, which have the most to change. */
	private readonly writing: readonly Seed[]
	/** Those of WebSockets. */
	private readonly messages: readonly Seed[]
	private readonly admin: string
	private readonly objects: StoredObjects
	private readonly violations: string[] = []
	private readonly statuses = new Map<number, number>()

	constructor(server: TestServer, options: FuzzOptions, seeds: readonly Seed[], admin: string) {
		this.server = server
		this.options = options
		this.seeds = seeds
		this.writing = seeds.filter(({ body }) => body !== undefined)
		this.messages = seeds.filter(({ pattern }) => pattern === '/v1/responses')
		this.admin = admin
		this.objects = new StoredObjects(server)
	}

	async run(): Promise<FuzzFindings> {
		const { options, server, violations } = this
		const verdicts = await Verdicts.open([server.key, this.admin, server.data])
		const end = options.from + options.requests
		await this.objects.create()
		let next = options.from
		let before = residentBytesOf(server.pid)
		const lane = async () => {
			const connection = new Connection(server.url, () =>
				server.call('/v1/conversations', {}).then((response) => response.text()),
			)
			while (next < end && violations.length < mostViolations) {
				const number = next++
				if (number > options.from && (number - options.from) % renewal === 0) await this.objects.renew()
				if (number === options.from + Math.floor(options.requests / 4)) before = residentBytesOf(server.pid)
				await this.sendOne(number, connection, verdicts)
				if ((number + 1) % 10_000 === 0)
					options.report(`${number + 1} requests, ${(residentBytesOf(server.pid) / 1e6).toFixed(0)} MB`)
			}
			connection.close()
		}
		await Promise.all(Array.from({ length: options.concurrency }, lane))
		const health = await server.call('/health')
		if (health.status !== 200) violations.push(`the server is unhealthy: ${health.status}`)
		for (const line of errorLines(server.log())) violations.push(`in the log: ${line}`)
		return { violations, statuses: this.statuses, memory: { before, after: residentBytesOf(server.pid) } }
	}

	private async sendOne(number: number, connection: Connection, verdicts: Verdicts): Promise<void> {
		const random = randomOf(Math.imul(this.options.seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b))
		if (random() < socketShare) return this.sendMessage(number, random)
		const seed = pick(random() < 0.6 ? this.writing : this.seeds, random)
		const { request, isDirected } = await this.make(seed, random)
		const bytes = bytesOf(request)
		const exchanged = await connection.send(bytes, { headOnly: request.method === 'HEAD', isLast: !isDirected })
		if (exchanged.type === 'response') {
			const { status } = exchanged.head
			this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
		}
		if (exchanged.type === 'response' && exchanged.head.status >= 502)
			this.options.report(`${number}: ${exchanged.body.toString('utf8', 0, 300)}\n  ${describe(request)}`)
		const dialect = isDirected && request.target.startsWith(`/${seed.dialect}/`) ? seed.dialect : undefined
		const violation = verdicts.check(exchanged, dialect, Buffer.from(bytes).toString('utf8'))
		if (violation !== undefined) this.add(number, violation, describe(request))
	}

	/** A message on a WebSocket, of the route that is served over one. */
	private async sendMessage(number: number, random: () => number): Promise<void> {
		const seed = pick(this.messages, random)
		const { bytes } = this.makeBody({ type: 'response.create', ...Object(seed.body?.(random)) }, random)
		const message = random() < 0.9 ? Buffer.from(bytes).toString() : bytes
		const violation = await exchangeMessage(this.server.url, this.server.key, message)
		if (violation !== undefined) this.add(number, violation, Buffer.from(bytes).toString('latin1').slice(0, 1500))
	}

	private add(number: number, violation: string, request: string): void {
		const line = `--seed ${this.options.seed} --from ${number} --requests 1: ${violation}\n  ${request}`
		this.violations.push(line)
		this.options.report(line)
	}

	/** `isDirected`: its head is that of a valid request, so the dialect that answers it is known. */
	private async make(
		seed: Seed,
		random: () => number,
	): Promise<{ readonly request: FuzzedRequest; readonly isDirected: boolean }> {
		let request = await this.makeValid(seed, random)
		// Most requests have one thing wrong: of two, the server sees the first.
		const isDirected = random() < 0.6
		for (let more = !isDirected; more; more = random() < 0.2) request = mutateHead(request, random, this.objects.all)
		return { request, isDirected }
	}

	private async makeValid(seed: Seed, random: () => number): Promise<FuzzedRequest> {
		const { pattern, query, method } = seed
		const parameters = random() < 0.7 ? this.objects.parametersOf(pattern, seed.parameters, random) : seed.parameters
		let at = 0
		const path = pattern.replace(/\{\w+\}/g, () => encodeURIComponent(parameters[at++] ?? 'x'))
		let request: FuzzedRequest = {
			method,
			target: query === undefined ? path : `${path}?${query}`,
			headers: [['host', new URL(this.server.url).host], this.credential(random)],
			body: undefined,
			framing: random() < 0.1 ? 'chunked' : 'length',
		}
		if (seed.form !== undefined) {
			const response = new Response(seed.form())
			const mutated = mutateBytes(Buffer.from(await response.bytes()), random)
			request = {
				...request,
				headers: [...request.headers, ['content-type', response.headers.get('content-type') ?? '']],
				body: mutated,
			}
		} else if (seed.body !== undefined) {
			const { bytes, headers } = this.makeBody(seed.body(random), random)
			request = withHeader({ ...request, body: bytes }, ['content-type', 'application/json'])
			for (const header of headers) request = withHeader(request, header)
		}
		return request
	}

	private makeBody(valid: unknown, random: () => number) {
		let body = withModel(valid, pick(models, random))
		const way = random()
		if (way < 0.2) return plain(textOf(body))
		if (way < 0.65) {
			do body = mutate(body, random)
			while (random() < 0.3)
			return plain(textOf(body))
		}
		const text = textOf(random() < 0.3 ? mutate(body, random) : body)
		return mutateText(this.withIds(text, random), random)
	}

	/** Some texts of the body are ids of objects that exist. */
	private withIds(text: string, random: () => number): string {
		const ids = this.objects.all
		return text.replace(/(?<=:)"[^"\\]{1,60}"/g, (found) =>
			random() < 0.1 && ids.length > 0 ? JSON.stringify(pick(ids, random)) : found,
		)
	}

	private credential(random: () => number): readonly [string, string] {
		const way = random()
		const key = way < 0.2 ? this.admin : this.server.key
		if (way > 0.98) return ['authorization', pick(['Bearer ', 'Bearer x', 'Basic eDp5', 'Bearer \u00e9', 'x'], random)]
		return random() < 0.2 ? ['x-api-key', key] : ['authorization', `Bearer ${key}`]
	}
}

async function adminKeyOf({ data }: TestServer): Promise<string> {
	const flags = ['--name', 'admin', '--role', 'admin', '--config', join(data, 'config.yaml'), '--data', data]
	const { stdout, stderr, status } = await runCommand(['keys', 'create', ...flags])
	if (status !== 0) throw new Error(stderr)
	return stdout.trim()
}

function withModel(body: unknown, model: string): unknown {
	return typeof body === 'object' && body !== null && 'model' in body ? { ...body, model } : body
}

function textOf(body: unknown): string {
	return JSON.stringify(body) ?? 'null'
}

/** Changes, removes or inserts bytes. */
function mutateBytes(bytes: Buffer, random: () => number): Buffer {
	if (random() < 0.2) return bytes
	const at = Math.floor(random() * bytes.length)
	const length = Math.floor(random() * 40)
	const inserted = Buffer.from(Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() * 256)))
	return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + (random() < 0.5 ? length : 0))])
}

/** Lines of the log at level error or above. */
function errorLines(log: string): readonly string[] {
	return log
		.split('\n')
		.filter((line) => /"level": ?"?(?:error|fatal|50|60)\b/.test(line))
		.slice(0, 20)
}
