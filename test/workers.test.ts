// Several processes on one address.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
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

test('workers serve together, tell one sum, and are started again', async () => {
	const server = await startServer({ args: ['--workers', '2'] })
	try {
		const ask = () =>
			server.call('/v1/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'a b' }] })
		const answers = await Promise.all(Array.from({ length: 20 }, async () => (await ask()).status))
		expect(answers).toEqual(Array.from({ length: 20 }, () => 200))
		const metrics = await (await server.call('/metrics')).text()
		expect(metrics).toContain(
			'dragoman_requests_total{route="/v1/chat/completions",dialect="openai",model="echo",status="200"} 20\n',
		)
		const [victim] = names(server.pid)
		if (victim === undefined) throw new Error('there are no workers')
		process.kill(victim, 'SIGKILL')
		await eventually(() => names(server.pid).length === 2 && !names(server.pid).includes(victim))
		await eventually(async () => (await ask()).status === 200)
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
	const [, advised = ''] = /`npx dragoman ([^`]+)`/.exec(ended.stderr) ?? []
	expect(advised).toStartWith('engine --model tiny-chat ')
	// The advice is a command that the program knows.
	const known = await runCommand([...advised.split(' '), '--help'])
	expect(known).toMatchObject({ status: 0, stderr: '' })
})
