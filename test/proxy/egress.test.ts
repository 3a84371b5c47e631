// Upstreams behind real proxies: tinyproxy and squid, with credentials, from the configuration and from the environment.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually } from '../faults/gateway.ts'
import { runCommand, startServer, temporaryFolder } from '../server.ts'
import { freePort } from './free-port.ts'

const [user, password] = ['egress', 'pa-55-word']
const credentials = `${user}:${password}`
let folder = ''
let certificate = ''
let secure: ReturnType<typeof Bun.serve>
let plain: ReturnType<typeof Bun.serve>
const paths: string[] = []

async function respond(request: Request): Promise<Response> {
	const { pathname } = new URL(request.url)
	paths.push(pathname)
	if (pathname === '/v1/models') return Response.json({ object: 'list', data: [{ id: 'm', object: 'model' }] })
	const { stream } = (await request.json()) as { readonly stream?: boolean }
	const choice = { index: 0, finish_reason: 'stop' }
	if (stream !== true)
		return Response.json({
			id: 'c',
			object: 'chat.completion',
			created: 1,
			model: 'm',
			choices: [{ ...choice, message: { role: 'assistant', content: 'through the proxy' } }],
		})
	const events = ['through ', 'the ', 'proxy'].map((content) => ({ choices: [{ index: 0, delta: { content } }] }))
	const chunks = [...events, { choices: [{ ...choice, delta: {} }] }].map(
		(event) =>
			`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...event })}\n\n`,
	)
	return new Response(`${chunks.join('')}data: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } })
}

beforeAll(async () => {
	folder = await temporaryFolder()
	chmodSync(folder, 0o755)
	const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
	const made = spawnSync('openssl', [
		...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'],
		...['-subj', '/CN=api.test', '-addext', 'subjectAltName=DNS:api.test'],
	])
	if (made.status !== 0) throw new Error(String(made.stderr))
	certificate = cert
	const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
	secure = Bun.serve({ port: 0, hostname: '127.0.0.1', tls, fetch: respond })
	plain = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: respond })
	for (const kind of kinds) await kind.start()
})

afterAll(async () => {
	for (const { child } of running) child.kill('SIGKILL')
	await Promise.all(running.map(({ child }) => child.exited))
	await secure.stop(true)
	await plain.stop(true)
})

const running: { readonly child: Bun.Subprocess }[] = []

const accepts = (port: number) =>
	new Promise<boolean>((resolve) => {
		const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
		socket.on('connect', () => socket.destroy())
	})

abstract class ProxyProgram {
	port = 0
	/** What it logged so far. */
	abstract log(): string
	abstract readonly name: string
	protected abstract prepare(): Promise<readonly string[]>

	get url(): string {
		return `http://${credentials}@127.0.0.1:${this.port}`
	}

	async start(): Promise<void> {
		this.port = await freePort()
		const child = Bun.spawn([...(await this.prepare())], { stdout: 'ignore', stderr: 'ignore', stdin: 'ignore' })
		running.push({ child })
		await eventually(`${this.name} accepts connections`, () => accepts(this.port), 30_000)
	}
}

class Tinyproxy extends ProxyProgram {
	readonly name = 'tinyproxy'
	protected async prepare() {
		const file = join(folder, 'tinyproxy.conf')
		await Bun.write(
			file,
			`Port ${this.port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth ${user} ${password}\nConnectPort ${secure.port}\nLogFile "${folder}/tinyproxy.log"\nLogLevel Connect\n`,
		)
		return ['tinyproxy', '-d', '-c', file]
	}
	log = () => readFileSync(join(folder, 'tinyproxy.log'), 'utf8')
}

class Squid extends ProxyProgram {
	readonly name = 'squid'
	protected async prepare() {
		const own = join(folder, 'squid')
		mkdirSync(own)
		chmodSync(own, 0o777)
		const hash = spawnSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' }).stdout.trim()
		await Bun.write(join(own, 'users'), `${user}:${hash}\n`)
		// Only squid knows the address of this name.
		await Bun.write(join(own, 'hosts'), '127.0.0.1 api.test\n')
		const file = join(own, 'squid.conf')
		await Bun.write(
			file,
			[
				`http_port 127.0.0.1:${this.port}`,
				`auth_param basic program /usr/lib/squid/basic_ncsa_auth ${own}/users`,
				'acl known proxy_auth REQUIRED',
				`acl tunnels port ${secure.port}`,
				'acl CONNECT method CONNECT',
				'http_access deny CONNECT !tunnels',
				'http_access allow known',
				'http_access deny all',
				`hosts_file ${own}/hosts`,
				`pid_filename ${own}/squid.pid`,
				`access_log stdio:${own}/access.log`,
				`cache_log ${own}/cache.log`,
				`coredump_dir ${own}`,
				'netdb_filename none',
				'pinger_enable off',
				'cache deny all',
				'visible_hostname squid.test',
				'shutdown_lifetime 0 seconds',
				'',
			].join('\n'),
		)
		return ['/usr/sbin/squid', '-N', '-f', file]
	}
	log = () => readFileSync(join(folder, 'squid', 'access.log'), 'utf8')
}

const squid = new Squid()
const kinds: readonly ProxyProgram[] = [new Tinyproxy(), squid]

interface UpstreamFields {
	readonly url: string
	readonly proxy?: string
	readonly more?: string
}

const configOf = ({ url, proxy, more = '' }: UpstreamFields) =>
	`models: { m: { route: [u], retry: { attempts: 1 } } }\nupstreams:\n  u: { engine: openai-compatible, url: "${url}", tls: { ca: "file:${certificate}", serverName: api.test }${proxy === undefined ? '' : `, proxy: "${proxy}"`}${more} }\n`

const ask = { model: 'm', messages: [{ role: 'user', content: 'hello' }] }

/** One unary and one streaming answer of a server with this configuration, its status of readiness, and its log. */
async function answersOf(fields: UpstreamFields, environment: Readonly<Record<string, string>> = {}) {
	const server = await startServer({ config: configOf(fields), environment })
	const call = async () => {
		const unary = await server.call('/v1/chat/completions', ask)
		const stream = await server.call('/v1/chat/completions', { ...ask, stream: true })
		return { status: unary.status, unary: await unary.text(), stream: await stream.text() }
	}
	const texts = await call().finally(() => server.stop())
	return { ...texts, log: server.log() }
}

describe.each([0, 1])('proxy program %i', (index) => {
	const program = () => {
		const one = kinds[index]
		if (one === undefined) throw new Error('no such program')
		return one
	}

	test.each([['https'], ['http']])('carries answers of an %s upstream', async (scheme) => {
		const port = scheme === 'https' ? secure.port : plain.port
		const proxyFile = join(folder, `proxy-${index}-${scheme}`)
		await Bun.write(proxyFile, `${program().url}\n`)
		const before = program().log()
		const { unary, stream, log } = await answersOf({
			url: `${scheme}://127.0.0.1:${port}/v1`,
			proxy: `file:${proxyFile}`,
		})
		expect(unary).toContain('through the proxy')
		expect(stream).toContain('the ')
		expect(stream).toContain('[DONE]')
		const line = scheme === 'https' ? `CONNECT 127.0.0.1:${secure.port}` : `POST http://127.0.0.1:${plain.port}/v1/chat`
		await eventually('the log has the request', () => program().log().slice(before.length).includes(line))
		expect(log).not.toContain(password)
	})

	test.each([
		[
			'wrong credentials',
			'https',
			(url: string) => url.replace(password, 'wr0ng-one'),
			'rejected the user name and password',
		],
		[
			'wrong credentials',
			'http',
			(url: string) => url.replace(password, 'wr0ng-one'),
			'rejected the user name and password',
		],
		[
			'no credentials',
			'https',
			(url: string) => url.replace(`${credentials}@`, ''),
			'requires a user name and password',
		],
		[
			'no credentials',
			'http',
			(url: string) => url.replace(`${credentials}@`, ''),
			'requires a user name and password',
		],
	])('explains %s of an %s upstream', async (_, scheme, change, expected) => {
		const port = scheme === 'https' ? secure.port : plain.port
		const answers = await answersOf({ url: `${scheme}://127.0.0.1:${port}/v1`, proxy: change(program().url) })
		expect(answers.status).toBe(503)
		expect(answers.unary).not.toContain(String(program().port))
		expect(answers.log).toContain(`the proxy http://127.0.0.1:${program().port} ${expected}`)
		expect(answers.log).not.toContain('wr0ng-one')
	})

	test('explains a port that it does not permit, in the check too', async () => {
		const file = join(folder, `refused-${index}.yaml`)
		await Bun.write(file, configOf({ url: 'https://127.0.0.1:9/v1', proxy: program().url }))
		const { stderr, status } = await runCommand(['config', 'check', '--online', '--config', file])
		expect(status).not.toBe(0)
		expect(stderr).toContain(
			`the proxy http://127.0.0.1:${program().port} does not permit connections to 127.0.0.1:9 (403`,
		)
		expect(stderr).not.toContain(password)
	})
})

describe('the environment', () => {
	const proxied = () => ({ HTTPS_PROXY: squid.url, http_proxy: squid.url })

	test('selects the proxy, for names that only the proxy knows', async () => {
		for (const url of [`https://api.test:${secure.port}/v1`, `http://api.test:${plain.port}/v1`])
			expect((await answersOf({ url }, proxied())).unary).toContain('through the proxy')
	})

	test('applies to checks and to health checks', async () => {
		const file = join(folder, 'checked.yaml')
		const url = `https://api.test:${secure.port}/v1`
		await Bun.write(file, configOf({ url }))
		const checked = await runCommand(['config', 'check', '--online', '--config', file], proxied())
		expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('reachable, has m') })
		const health = ', health: { intervalMs: 100, unhealthyAfter: 1 }'
		const server = await startServer({ config: configOf({ url, more: health }), environment: proxied() })
		const before = paths.length
		await eventually('a health check', () => paths.slice(before).includes('/v1/models'))
		expect((await server.call('/v1/chat/completions', ask)).status).toBe(200)
		await server.stop()
	})

	test('is overridden by the upstream, by NO_PROXY and for loopback', async () => {
		const url = `https://127.0.0.1:${secure.port}/v1`
		const dead = { HTTPS_PROXY: 'http://127.0.0.1:9' }
		expect((await answersOf({ url }, dead)).unary).toContain('through the proxy')
		const named = `https://api.test:${secure.port}/v1`
		expect((await answersOf({ url: named, proxy: squid.url }, { ...dead, NO_PROXY: '*' })).status).toBe(200)
		expect((await answersOf({ url: named, proxy: 'none' }, proxied())).status).toBe(503)
		expect((await answersOf({ url: named }, { ...proxied(), no_proxy: '.test' })).status).toBe(503)
	})

	test('with an unusable value is rejected by the check', async () => {
		const file = join(folder, 'unusable.yaml')
		await Bun.write(file, configOf({ url: 'https://api.test/v1' }))
		const value = `https://${credentials}@proxy.test`
		const { stderr, status } = await runCommand(['config', 'check', '--config', file], { HTTPS_PROXY: value })
		expect(status).not.toBe(0)
		expect(stderr).toContain('HTTPS_PROXY cannot be used: TLS to the proxy itself is not supported')
		expect(stderr).not.toContain(password)
	})
})
