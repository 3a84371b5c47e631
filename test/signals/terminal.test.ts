// A closed terminal, and standard streams without a reader.

import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../faults/gateway.ts'
import { root } from '../server.ts'
import { beginAnswer, echoConfig } from './answers.ts'
import { ofSession } from './processes.ts'
import { type StartedServer, withServer } from './started.ts'

const body = { model: 'echo', messages: [{ role: 'user', content: 'hi' }] }
const reloads = ({ log }: StartedServer) => log().split('configuration reloaded').length - 1

/** Processor time of all its processes, in ticks of a hundredth of a second. */
function ticksOf({ pid }: StartedServer): number {
	return ofSession(pid)
		.map((one) => readFileSync(`/proc/${one.pid}/stat`, 'utf8'))
		.map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '))
		.reduce((sum, fields) => sum + Number(fields[11]) + Number(fields[12]), 0)
}

describe.skipIf(process.platform !== 'linux')('a closed terminal ends the server gracefully', () => {
	test.concurrent.each(['bun', 'workers', 'npm start', 'launcher'] as const)('%s', async (start) => {
		await withServer({ start, terminal: true, config: echoConfig }, async (server) => {
			const outcome = await beginAnswer(server, 'stream')
			server.closeTerminal()
			expect(await outcome()).toMatchObject({ complete: true })
			await server.exitedCompletely()
		})
	})
})

describe.skipIf(process.platform !== 'linux')('nohup: it survives the end of the terminal', () => {
	test.concurrent.each([
		['npm start', `nohup npm --prefix ${root} start`],
		['the launcher', `nohup node ${join(root, 'bin', 'dragoman.mjs')} serve`],
	])('%s', async (_, command) => {
		await withServer(
			{
				start: ['sh', '-c', `${command} > nohup.txt 2>&1 < /dev/null & tail -n +1 -F nohup.txt`],
				terminal: true,
				cwd: 'data',
				config: echoConfig,
			},
			async (server) => {
				server.closeTerminal()
				await server.exited
				await Bun.sleep(1500)
				expect((await server.send(body)).status).toBe(200)
			},
		)
	})
})

describe.skipIf(process.platform !== 'linux')('without a terminal SIGHUP reloads each process once', () => {
	test.concurrent.each([
		['bun', 1],
		['workers', 2],
	] as const)('%s', async (start, processes) => {
		await withServer({ start, config: echoConfig }, async (server) => {
			for (const [to, expected] of [
				['main', processes],
				['group', 2 * processes],
			] as const) {
				server.signal('SIGHUP', to)
				await eventually(`${expected} reloads`, () => reloads(server) >= expected)
			}
			expect((await server.send(body)).status).toBe(200)
			server.signal('SIGTERM', 'main')
			await server.exitedCompletely()
			expect(reloads(server)).toBe(2 * processes)
			expect(await server.exited).toBe(0)
		})
	})
})

describe.skipIf(process.platform !== 'linux')(
	'standard streams without a reader neither end nor busy the server',
	() => {
		test.concurrent.each(['bun', 'workers', 'launcher'] as const)('%s', async (start) => {
			await withServer({ start, config: echoConfig }, async (server) => {
				server.closeTerminal()
				for (let time = 0; time < 20; time++) expect((await server.send(body)).status).toBe(200)
				const before = ticksOf(server)
				await Bun.sleep(1000)
				expect(ticksOf(server) - before).toBeLessThan(30)
				expect((await server.send(body)).status).toBe(200)
				server.signal('SIGTERM', 'main')
				await server.exitedCompletely()
				expect(await server.exited).toBe(0)
			})
		})
	},
)
