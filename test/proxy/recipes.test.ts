// The configurations of proxies in docs/how-to/reverse-proxy.md, in front of a real server: streams, WebSockets, the client's
// address.

import { afterAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually, logLines } from '../faults/gateway.ts'
import { startServer, temporaryFolder } from '../server.ts'
import { block, replaced } from './documentation.ts'
import { freePort } from './free-port.ts'

interface Recipe {
	readonly name: string
	/** Arguments that print its version. */
	readonly version: readonly string[]
	/** Writes the configuration into `folder`. @returns the arguments that run it in the foreground. */
	prepare(options: RecipeOptions): Promise<readonly string[]>
}

interface RecipeOptions {
	readonly folder: string
	readonly port: number
	/** Host and port of the server. */
	readonly backend: string
	/** Whether the recipe for a path is used, or the one for a name. */
	readonly underPath: boolean
}

const recipes: readonly Recipe[] = [
	{
		name: 'nginx',
		version: ['-v'],
		async prepare({ folder, port, backend, underPath }) {
			let site = replaced(block('## nginx', 'nginx'), 'listen 443 ssl;', `listen 127.0.0.1:${port};`)
			site = replaced(site, /^\s*ssl_certificate\w*\s.*\n/gm, '')
			if (underPath) site = replaced(site, /^ {4}location \/ \{[\s\S]*?^ {4}\}$/m, block('## Under a path', 'nginx'))
			site = replaced(site, '127.0.0.1:8080', backend)
			const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
				(kind) => `${kind}_temp_path ${folder}/${kind};`,
			)
			const file = join(folder, 'nginx.conf')
			await Bun.write(
				file,
				`daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {}\nhttp { access_log off; ${temporary.join(' ')}\n${site}}\n`,
			)
			return ['-e', 'stderr', '-c', file]
		},
	},
	{
		name: 'caddy',
		version: ['version'],
		async prepare({ folder, port, backend, underPath }) {
			const recipe = block(underPath ? '## Under a path' : '## Caddy', 'caddyfile')
			const site = replaced(recipe, 'chat.example.org {', `http://:${port} {\n\tbind 127.0.0.1`)
			const file = join(folder, 'Caddyfile')
			await Bun.write(file, `{\n\tadmin off\n\tauto_https off\n}\n${replaced(site, '127.0.0.1:8080', backend)}`)
			return ['run', '--adapter', 'caddyfile', '--config', file]
		},
	},
]

/**
 * A request from another loopback address than the proxy's; resolves with the received text as soon as `enough` accepts
 * it.
 */
function rawFrom(
	localAddress: string,
	port: number,
	request: string,
	enough: (text: string) => boolean,
): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(request))
		let received = ''
		socket.on('error', reject)
		socket.on('data', (data) => {
			received += data.toString()
			if (!enough(received)) return
			socket.destroy()
			resolve(received)
		})
	})
}

for (const recipe of recipes) {
	const isHere = spawnSync(recipe.name, recipe.version).status === 0
	if (!isHere) {
		test.skip(`the recipe for ${recipe.name}: it is not installed`, () => undefined)
		continue
	}
	describe(`the recipe for ${recipe.name}`, async () => {
		// The documentation trusts both loopback addresses; the client of this test has a third.
		const settings = block('# nginx or Caddy in front', 'yaml')
		const server = await startServer({
			config: `${settings}\nmodels: { echo: { route: [echo] } }\nupstreams: { echo: { engine: echo } }\n`,
		})
		const stops: (() => Promise<void>)[] = []
		afterAll(async () => {
			for (const stop of stops) await stop()
			await server.stop()
		})
		const start = async (underPath: boolean) => {
			const [folder, port] = [await temporaryFolder(), await freePort()]
			const args = await recipe.prepare({ folder, port, backend: new URL(server.url).host, underPath })
			const proxy = Bun.spawn([recipe.name, ...args], {
				stdin: 'ignore',
				stdout: 'ignore',
				stderr: 'ignore',
				env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
			})
			stops.push(async () => {
				proxy.kill()
				await proxy.exited
			})
			const url = `http://127.0.0.1:${port}${underPath ? '/dragoman' : ''}`
			await eventually(
				`answer of ${recipe.name}`,
				() => {
					if (proxy.exitCode !== null) throw new Error(`${recipe.name} ended with ${proxy.exitCode}`)
					return fetch(`${url}/health`).then(
						({ ok }) => ok,
						() => false,
					)
				},
				20_000,
			)
			return { url, port }
		}
		const { url, port } = await start(false)
		const authorization = `Bearer ${server.key}`
		const send = (content: string, stream: boolean, base = url) =>
			fetch(`${base}/v1/chat/completions`, {
				method: 'POST',
				headers: { authorization, host: 'chat.example.org', 'content-type': 'application/json' },
				body: JSON.stringify({ model: 'echo', stream, messages: [{ role: 'user', content }] }),
			})

		const expectStream = async (base: string) => {
			const response = await send('echo:delay 150\none two three four five six seven eight', true, base)
			const reader = response.body?.getReader()
			const first = new TextDecoder().decode((await reader?.read())?.value)
			expect(first).toContain('data: ')
			expect(first).not.toContain('[DONE]')
			let chunkCount = 1
			for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) chunkCount++
			expect(chunkCount).toBeGreaterThan(4)
		}
		const expectSocket = async (base: string) => {
			const socket = new WebSocket(`${base.replace('http:', 'ws:')}/v1/responses`, { headers: { authorization } })
			const completed = new Promise((resolve, reject) => {
				socket.addEventListener('error', reject)
				socket.addEventListener('message', ({ data }) => {
					if (String(data).includes('"response.completed"')) resolve(data)
				})
			})
			await new Promise((resolve, reject) => {
				socket.addEventListener('open', resolve)
				socket.addEventListener('error', reject)
			})
			socket.send(JSON.stringify({ type: 'response.create', model: 'echo', input: 'over the socket' }))
			expect(await completed).toContain('over the socket')
			socket.close()
		}

		test('forwards a stream without buffering', () => expectStream(url))
		test('passes a body of some megabytes', async () => {
			expect((await send('word '.repeat(600_000), false)).status).not.toBe(413)
		})
		test('passes a WebSocket', async () => {
			await expectSocket(url)
			const line = await eventually('line', () => logLines(server).find(({ method }) => method === 'WEBSOCKET'))
			expect(line).toMatchObject({ client: '127.0.0.1', proxyRequest: expect.stringMatching(/^[\w-]{32,36}$/) })
		})
		test('reports the address of its client, whatever the client claims, and an id', async () => {
			const request = `GET /v1/models HTTP/1.1\r\nhost: chat.example.org\r\nauthorization: Bearer sk-wrong-0123456789\r\nx-forwarded-for: 1.1.1.1\r\nforwarded: for=1.1.1.1\r\nx-request-id: mine\r\n\r\n`
			const answer = await rawFrom('127.0.0.9', port, request, (text) => text.includes('invalid_api_key'))
			expect(answer).toStartWith('HTTP/1.1 401 ')
			const id = /^x-request-id: (\S+)/im.exec(answer)?.[1]
			const line = await eventually('line', () => logLines(server).find((one) => one.request === id))
			expect(line).toMatchObject({ client: '127.0.0.9', proxyRequest: expect.stringMatching(/^[\w-]{32,36}$/) })
		})
		test('serves the page, the API, streams and WebSockets under a path', async () => {
			const { url: base } = await start(true)
			const page = await (await fetch(`${base}/`)).text()
			const [, script = ''] = /<script[^>]* src="((?!\/)[^"]+)"/.exec(page) ?? []
			expect((await fetch(new URL(script, `${base}/`))).headers.get('content-type')).toContain('javascript')
			const redirected = await fetch(base, { redirect: 'manual' })
			expect([redirected.status, redirected.headers.get('location')?.endsWith('/dragoman/')]).toEqual([
				recipe.name === 'nginx' ? 301 : 302,
				true,
			])
			expect((await fetch(`${base}/v1/models`, { headers: { authorization } })).status).toBe(200)
			expect((await send('word '.repeat(600_000), false, base)).status).not.toBe(413)
			await expectStream(base)
			await expectSocket(base)
		})
		test('a page on a foreign name is refused', async () => {
			expect((await fetch(`${url}/metrics`, { headers: { host: 'evil.example' } })).status).not.toBe(200)
			expect((await fetch(`${url}/metrics`, { headers: { host: 'chat.example.org' } })).status).toBe(200)
		})
	})
}
