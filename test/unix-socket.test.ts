// `dragoman serve` on a Unix socket: its mode, its lock, what a killed server leaves, and the addresses of clients.

import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './faults/gateway.ts'
import { firstKeyIn, root, runCommand, temporaryFolder } from './server.ts'
import { type SocketServer, startSocketServer } from './socket-server.ts'

const children: Bun.Subprocess[] = []
afterEach(async () => {
	for (const child of children.splice(0)) {
		child.kill('SIGKILL')
		await child.exited
	}
})

async function start(...args: Parameters<typeof startSocketServer>): Promise<SocketServer> {
	const server = await startSocketServer(...args)
	children.push(server.child)
	return server
}

const ask = async (server: SocketServer, headers: Readonly<Record<string, string>> = {}) =>
	server.fetch('/v1/chat/completions', {
		method: 'POST',
		headers: {
			authorization: `Bearer ${await firstKeyIn(server.output())}`,
			'content-type': 'application/json',
			...headers,
		},
		body: JSON.stringify({ model: 'echo', stream: true, messages: [{ role: 'user', content: 'hello socket' }] }),
	})

test('answers with a key, has its mode, and removes the socket at its end', async () => {
	const server = await start(await temporaryFolder())
	expect(server.output()).toContain(`listens on unix:${server.path}`)
	expect(server.output()).toContain(`curl -N --unix-socket ${server.path} http://localhost/v1/chat/completions`)
	expect(statSync(server.path).mode & 0o777).toBe(0o660)
	expect((await server.fetch('/health')).status).toBe(200)
	expect((await server.fetch('/v1/models')).status).toBe(401)
	expect((await server.fetch('/metrics')).status).toBe(200)
	// The client of a proxy that is not trusted may be elsewhere.
	for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
		expect([header, (await server.fetch('/metrics', { headers: { [header]: '203.0.113.9' } })).status]).toEqual([
			header,
			401,
		])
	expect(await (await ask(server)).text()).toContain('[DONE]')
	server.child.kill('SIGTERM')
	expect(await server.child.exited).toBe(0)
	expect(existsSync(server.path)).toBe(false)
})

test('has the configured mode', async () => {
	const server = await start(await temporaryFolder(), 'server: { socketMode: "600" }\n')
	expect(statSync(server.path).mode & 0o777).toBe(0o600)
})

describe('a path', () => {
	test('in use is not taken over', async () => {
		const folder = await temporaryFolder()
		const first = await start(folder)
		const second = await start(folder)
		expect(await second.child.exited).not.toBe(0)
		expect(second.log()).toContain(`Cannot listen on unix:${first.path}: the address is in use`)
		expect((await first.fetch('/health')).status).toBe(200)
	})

	test('of a killed server is reused', async () => {
		const folder = await temporaryFolder()
		const first = await start(folder)
		first.child.kill('SIGKILL')
		await first.child.exited
		expect(existsSync(first.path)).toBe(true)
		const second = await start(folder)
		expect((await second.fetch('/health')).status).toBe(200)
	})

	test('of another program that accepts connections is not removed', async () => {
		const folder = await temporaryFolder()
		const path = join(folder, 'd.sock')
		const other = Bun.serve({ unix: path, fetch: () => new Response('other') })
		const server = await start(folder)
		expect(server.log()).toContain('the address is in use')
		expect(await (await server.fetch('/')).text()).toBe('other')
		await other.stop(true)
	})

	test('of a file is not removed', async () => {
		const folder = await temporaryFolder()
		writeFileSync(join(folder, 'd.sock'), 'precious')
		const server = await start(folder)
		expect(await server.child.exited).not.toBe(0)
		expect(server.log()).toContain('a file that is not a socket exists there')
		expect(await Bun.file(server.path).text()).toBe('precious')
	})

	test('in a missing folder is an error without a stack', async () => {
		const { stderr, status } = await runCommand([
			'serve',
			'--data',
			await temporaryFolder(),
			'--config',
			join(root, 'examples', 'echo.yaml'),
			'--listen',
			'unix:/nonexistent/d.sock',
		])
		expect(status).not.toBe(0)
		expect(stderr).toContain('Cannot listen on unix:/nonexistent/d.sock: its folder does not exist')
		expect(stderr).not.toContain('    at ')
	})

	test('cannot be shared by workers', async () => {
		const server = await start(await temporaryFolder(), '', ['--workers', '2'])
		expect(await server.child.exited).not.toBe(0)
		expect(server.log()).toContain('--workers cannot share the Unix socket')
	})
})

test.each([
	['server: { trustedProxies: [unix] }\n', '203.0.113.9'],
	['', undefined],
])('the address of a client comes from a proxy that is trusted: %j', async (more, client) => {
	const server = await start(await temporaryFolder(), more)
	await (await ask(server, { 'x-forwarded-for': '203.0.113.9' })).text()
	const line = await eventually('the line of the request', () =>
		server
			.log()
			.split('\n')
			.find((one) => one.includes('/v1/chat/completions')),
	)
	expect((JSON.parse(line) as { readonly client?: string }).client).toBe(client)
})

test('the commands for a running server find it', async () => {
	const folder = await temporaryFolder()
	const server = await start(folder)
	const url = `unix:${server.path}`
	const status = await runCommand(['status', '--url', url, '--data', join(folder, 'data')])
	expect([status.status, status.stderr]).toEqual([0, ''])
	expect(status.stdout).toContain(` at ${url}: ready\n`)
	const answer = await runCommand(['run', 'echo', 'Hello', '--url', url, '--data', join(folder, 'data')])
	expect([answer.status, answer.stderr]).toEqual([0, ''])
	expect(answer.stdout).toContain('Hello')
})
