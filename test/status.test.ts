// `dragoman status`: a server that is ready, one that is not, and none.

import { expect, test } from 'bun:test'
import { runCommand, startServer, temporaryFolder } from './server.ts'

test('a server that is ready: its models, upstreams and checks', async () => {
	const server = await startServer()
	const text = await runCommand(['status', '--url', server.url], { DRAGOMAN_API_KEY: '' })
	expect([text.status, text.stderr]).toEqual([0, ''])
	expect(text.stdout).toMatch(/^Dragoman \S+ at http:\S+: ready\nChecks: database ok, journal ok, disk ok\n/)
	expect(text.stdout).toMatch(/\nMODEL +STATUS +REQUIRED +CONTEXT +NOTE\necho +ready +no +8192\n/)
	expect(text.stdout).toMatch(/\nUPSTREAM +HEALTHY +BREAKER +RUNNING +WAITING\necho +yes +closed +0 +0\n/)
	const json = await runCommand(['status', '--url', server.url, '--json'])
	expect(JSON.parse(json.stdout)).toMatchObject({
		url: server.url,
		status: 'ready',
		models: [{ id: 'echo', status: 'ready' }],
		upstreams: [{ name: 'echo', healthy: true, breaker: 'closed' }],
	})
	await server.stop()
})

test('a server that is not ready: the reason, and status 1', async () => {
	const server = await startServer({
		config: `
telemetry: { metrics: "off" }
models: { a: { route: [u], required: true } }
upstreams: { u: { engine: openai-compatible, url: "http://127.0.0.1:1/v1", health: { intervalMs: 100, unhealthyAfter: 1 } } }
`,
	})
	let text = await runCommand(['status', '--url', server.url])
	while (text.status === 0) text = await runCommand(['status', '--url', server.url])
	expect(text.stderr).toBe('The server is not ready: failed.\n')
	expect(text.stdout).toContain('the health checks of its upstream fail')
	expect(text.stdout).toContain('Upstreams: the server does not show its metrics to this client.')
	await server.stop()
})

test('a server of another machine is called through the proxy of the environment', async () => {
	const requested: string[] = []
	const proxy = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch({ url }) {
			requested.push(url)
			return Response.json({ name: 'dragoman', version: '9', status: 'ready' })
		},
	})
	const environment = { DRAGOMAN_API_KEY: 'k', HTTP_PROXY: `http://127.0.0.1:${proxy.port}` }
	const args = ['status', '--url', 'http://192.0.2.1:8080']
	expect((await runCommand(args, environment)).stdout).toStartWith('Dragoman 9 at http://192.0.2.1:8080: ready\n')
	expect(requested).toContain('http://192.0.2.1:8080/ready')
	await proxy.stop(true)
})

test('no server, or another one', async () => {
	const none = await runCommand(['status', '--url', 'http://127.0.0.1:1', '--data', await temporaryFolder()])
	expect([none.status, none.stderr]).toEqual([
		1,
		'No server responds at http://127.0.0.1:1: the connection was refused. Check the address, and that the server is running.\n',
	])
	const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello') })
	const { status, stderr } = await runCommand(['status', '--url', `http://127.0.0.1:${other.port}`])
	expect([status, stderr]).toEqual([1, `http://127.0.0.1:${other.port} is not a Dragoman server.\n`])
	await other.stop(true)
})
