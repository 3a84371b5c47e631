// Several processes on one address.

import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { copiesMs } from '../src/cli/stop.ts'
import { runCommand, startServer, temporaryFolder } from './server.ts'

const names = (pid: number) =>
	Bun.spawnSync(['ps', '--ppid', String(pid), '-o', 'pid='])
		.stdout.toString()
		.split('\n')
		.map((line) => Number(line))
		.filter((child) => child > 0)

async function eventually(check: () => Promise<boolean> | boolean): Promise<void> {
	for (let tries = 0; !(await check()); tries++) {
		if (tries > 100) throw new Error('it never happened')
		await Bun.sleep(100)
	}
}

test('workers share the load, report one sum of metrics, and are restarted', async () => {
	const server = await startServer({ args: ['--workers', '2'] })
	try {
		const send = () =>
			server.call('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'a b' }] })
		const answers = await Promise.all(Array.from({ length: 20 }, async () => (await send()).status))
		expect(answers).toEqual(Array.from({ length: 20 }, () => 200))
		const metrics = await (await server.call('/metrics')).text()
		expect(metrics).toContain(
			'dragoman_requests_total{route="/v1/chat/completions",dialect="openai",model="echo",status="200"} 20\n',
		)
		const [victim] = names(server.pid)
		if (victim === undefined) throw new Error('there are no workers')
		process.kill(victim, 'SIGKILL')
		await eventually(() => names(server.pid).length === 2 && !names(server.pid).includes(victim))
		await eventually(async () => (await send()).status === 200)
	} finally {
		expect(await server.stop()).toBe(0)
	}
})

test('an engine that would start once in each worker is refused', async () => {
	const folder = await temporaryFolder()
	const config = join(folder, 'config.yaml')
	await Bun.write(config, 'models: { m: { route: [e] } }\nupstreams: { e: { engine: llama, model: tiny-chat } }\n')
	const ended = await runCommand(['serve', '--workers', '2', '--config', config, '--data', folder])
	expect(ended.status).toBe(1)
	expect(ended.stderr).toContain("every worker would start its own engine for the upstream 'e'")
	const [, suggested = ''] = /`npx --no-install dragoman ([^`]+)`/.exec(ended.stderr) ?? []
	expect(suggested).toStartWith('engine --model tiny-chat ')
	// The advice is a command that the program knows.
	const known = await runCommand([...suggested.split(' '), '--help'])
	expect(known).toMatchObject({ status: 0, stderr: '' })
})

test('while they drain, all of them return 503 on /ready and serve requests, until a second signal', async () => {
	const config = 'limits: { drainMs: 600000 }\nmodels: { echo: { route: [e] } }\nupstreams: { e: { engine: echo } }\n'
	const server = await startServer({ args: ['--workers', '2'], config })
	// Each on a separate connection, so that the system distributes them.
	const ready = async () =>
		(await fetch(`${server.url}/ready`, { keepalive: false, headers: { connection: 'close' } })).status
	const readyOften = async () => new Set(await Promise.all(Array.from({ length: 20 }, ready)))
	expect(await readyOften()).toEqual(new Set([200]))
	const ended = server.stop()
	await eventually(async () => (await ready()) === 503)
	await eventually(async () => (await readyOften()).size === 1)
	expect(await readyOften()).toEqual(new Set([503]))
	const asked = { model: 'echo', messages: [{ role: 'user', content: 'a b' }] }
	expect((await server.call('/v1/chat/completions', asked)).status).toBe(200)
	await Bun.sleep(copiesMs)
	process.kill(server.pid, 'SIGTERM')
	expect(await ended).toBe(130)
})

test('without their supervisor they drain, and a request for metrics does not stop them', async () => {
	const config = 'limits: { drainMs: 600000 }\nmodels: { echo: { route: [e] } }\nupstreams: { e: { engine: echo } }\n'
	const server = await startServer({ args: ['--workers', '2'], config })
	const workers = names(server.pid)
	const alive = () => workers.filter((pid) => existsSync(`/proc/${pid}`))
	try {
		await server.stop('SIGKILL')
		const status = async (path: string) => (await fetch(server.url + path, { keepalive: false })).status
		await eventually(async () => (await status('/ready')) === 503)
		const startedMs = performance.now()
		for (let times = 0; times < 10; times++) expect(await status('/metrics')).toBe(200)
		// No time is spent on waiting for others.
		expect(performance.now() - startedMs).toBeLessThan(5000)
		expect(alive()).toEqual(workers)
	} finally {
		for (const pid of alive()) process.kill(pid, 'SIGKILL')
	}
})

test('a configuration that cannot work has the status that it has without workers', async () => {
	const folder = await temporaryFolder()
	const config = join(folder, 'config.yaml')
	await Bun.write(
		config,
		'models: { m: { route: [a] } }\nupstreams: { a: { engine: ai-sdk, package: no-such-package } }\n',
	)
	const serve = ['serve', '--config', config, '--data', folder, '--listen', '127.0.0.1:0']
	for (const args of [serve, [...serve, '--workers', '2']]) {
		const { status, stderr } = await runCommand(args)
		expect(stderr).toContain('upstreams.a: the package no-such-package is not installed')
		expect(status).toBe(78)
	}
})
