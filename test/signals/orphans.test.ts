// A server does not outlive what started it and waits for it, however that ends; one that was started directly does.

import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { root } from '../server.ts'
import { beginAnswer, echoConfig } from './answers.ts'
import { ofSession } from './processes.ts'
import { accepts, isNodeHere, withServer } from './started.ts'

const canRun = process.platform === 'linux' && isNodeHere('20') && isNodeHere('24')

describe.skipIf(!canRun)('after kill -9 the answer ends in full and nothing is left', () => {
	test.concurrent.each([
		['npm start', '20'],
		['npm start', '24'],
		['npx', '20'],
		['npx', '24'],
		['launcher', '20'],
		['workers', '20'],
	] as const)('of %s, Node %s', async (start, node) => {
		await withServer({ start, node, config: echoConfig }, async (server) => {
			const outcome = await beginAnswer(server, 'stream')
			server.signal('SIGKILL', 'main')
			expect(await outcome()).toMatchObject({ complete: true })
			await server.exitedCompletely()
		})
	})
})

describe.skipIf(!canRun)('a server that was started directly continues without its parent', () => {
	const launcher = `node ${join(root, 'bin', 'dragoman.mjs')} serve`
	test.concurrent.each([
		['in the background of a shell', '20', `${launcher} & read line`],
		['in the background of a shell', '24', `${launcher} & read line`],
		['by a shell that npm once started', '20', `export npm_execpath=/x/npm-cli.js; ${launcher} & read line`],
	])('%s, Node %s', async (_, node, command) => {
		await withServer({ start: ['sh', '-c', command], node, stdin: 'pipe', config: echoConfig }, async (server) => {
			server.endInput()
			await server.exited
			expect(ofSession(server.pid).some(({ parent }) => parent === server.pid)).toBe(false)
			// Longer than it takes to detect that a parent exited.
			await Bun.sleep(1000)
			expect(await accepts(server.url)).toBe(true)
			expect((await server.send({ model: 'echo', messages: [{ role: 'user', content: 'hi' }] })).status).toBe(200)
		})
	})
})
