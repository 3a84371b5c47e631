// The embedded engine as a separate process: it finishes running answers, as `serve` does.

import { expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copiesMs } from '../../src/cli/stop.ts'
import { engineFolder, isEngineHere } from '../engine.ts'
import { eventually } from '../faults/gateway.ts'
import { root } from '../server.ts'

const long = (choices: number) => ({
	model: 'tiny-chat',
	stream: true,
	n: choices,
	max_tokens: 480,
	messages: [{ role: 'user', content: 'Hi' }],
	response_format: { type: 'json_schema', json_schema: { name: 'long', schema: { type: 'string', minLength: 2000 } } },
})

/** Runs `use` with an engine that has started to answer. */
async function withAnswer(
	choices: number,
	use: (engine: { readonly pid: number; readonly exited: Promise<number> }, rest: Promise<string>) => Promise<void>,
): Promise<void> {
	const data = await mkdtemp(join(tmpdir(), 'dragoman-engine-'))
	const socket = join(data, 'engine.sock')
	const config = join(data, 'config.yaml')
	await Bun.write(config, 'models: embedded\nlimits: { shutdownMs: 60000 }\n')
	const engine = Bun.spawn(
		[
			...[process.execPath, join(root, 'src', 'main.ts'), 'engine', '--config', config, '--data', data],
			...['--library', engineFolder, '--socket', socket],
		],
		{ stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
	)
	try {
		const send = (path: string, init: RequestInit = {}) => fetch(`http://engine${path}`, { ...init, unix: socket })
		await eventually(
			'engine',
			() =>
				send('/ready').then(
					({ ok }) => ok,
					() => false,
				),
			30_000,
		)
		const response = await send('/v1/chat/completions', {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(long(choices)),
		})
		const reader = response.body?.getReader()
		const { value } = (await reader?.read()) ?? {}
		expect(value).toBeDefined()
		const readOn = async () => {
			let text = ''
			const decoder = new TextDecoder()
			for (;;) {
				const next = await reader?.read().catch(() => undefined)
				if (next?.value === undefined) return text
				text += decoder.decode(next.value, { stream: true })
			}
		}
		await use(engine, readOn())
	} finally {
		engine.kill('SIGKILL')
		await engine.exited
		await rm(data, { recursive: true, force: true })
	}
}

test.skipIf(!isEngineHere)('a signal and its copies let the answer end', async () => {
	await withAnswer(2, async ({ pid, exited }, rest) => {
		for (const signal of ['SIGTERM', 'SIGINT'] as const) process.kill(pid, signal)
		expect(await rest).toContain('[DONE]')
		expect(await exited).toBe(0)
	})
})

test.skipIf(!isEngineHere)('a second signal cuts it', async () => {
	await withAnswer(8, async ({ pid, exited }, rest) => {
		process.kill(pid, 'SIGTERM')
		await Bun.sleep(copiesMs * 2)
		process.kill(pid, 'SIGTERM')
		expect(await rest).not.toContain('[DONE]')
		expect(await exited).toBe(130)
	})
})
