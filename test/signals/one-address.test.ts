// An address belongs to one deployment, with workers and without.

import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../server.ts'
import { echoConfig } from './answers.ts'
import { accepts, type StartOptions, startServer, starts, withServer } from './started.ts'

const serving = (workers: number, listen: string): StartOptions => ({
	start: 'bun',
	config: echoConfig,
	listen,
	args: ['--workers', String(workers)],
})

/** Starts another deployment, which is expected to end by itself. */
async function startAnother(workers: number, listen: string) {
	const data = await mkdtemp(join(tmpdir(), 'dragoman-another-'))
	const settings = ['--workers', String(workers), '--listen', listen, '--data', data]
	const child = Bun.spawn([...starts.bun, ...settings, '--config', join(root, 'examples', 'echo.yaml')], {
		stdin: 'ignore',
		stdout: 'pipe',
		stderr: 'pipe',
		// One that serves all the same does not stay.
		timeout: 20_000,
	})
	try {
		const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
		return { stdout, stderr, status: await child.exited }
	} finally {
		await rm(data, { recursive: true, force: true })
	}
}

test.concurrent.each([
	[2, '127.0.0.1', 2, '127.0.0.1'],
	[2, '127.0.0.1', 1, '127.0.0.1'],
	[1, '127.0.0.1', 2, '127.0.0.1'],
	[2, '0.0.0.0', 2, '127.0.0.1'],
])('while %i processes serve %s, %i cannot serve %s', async (workers, host, others, otherHost) => {
	await withServer(serving(workers, `${host}:0`), async ({ url }) => {
		const address = `${otherHost}:${new URL(url).port}`
		const { status, stderr, stdout } = await startAnother(others, address)
		expect({ status, stderr, stdout }).toEqual({
			status: 1,
			stderr: `Cannot listen on ${address}: the address is in use\n`,
			stdout: '',
		})
		expect(await accepts(url)).toBe(true)
	})
})

test.concurrent('of two deployments that start concurrently one serves, and the address is free after it ended', async () => {
	const free = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const listen = `127.0.0.1:${free.port}`
	free.stop(true)
	const outcomes = await Promise.allSettled([startServer(serving(2, listen)), startServer(serving(2, listen))])
	const started = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value)
	const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => String(reason))
	try {
		expect(started).toHaveLength(1)
		expect(refused).toEqual([expect.stringContaining(`Cannot listen on ${listen}: the address is in use`)])
		started[0]?.signal('SIGTERM', 'main')
		await started[0]?.exitedCompletely()
		await withServer(serving(2, listen), async ({ url }) => expect(url).toBe(`http://${listen}`))
	} finally {
		for (const server of started) await server.clear()
	}
})
