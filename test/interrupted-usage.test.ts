// A server that is killed during calls: the next start bills their prompts and what they had sent.

import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, startServer, temporaryFolder } from './server.ts'

test.each([
	['a stream', { stream: true }, 3],
	['a unary call', {}, 0],
])('the prompt of %s is billed once its process was killed', async (_, options, completionTokens) => {
	const data = await temporaryFolder()
	const server = await startServer({ data })
	const content = 'echo:hang-after 3 '.padEnd(400, 'word ')
	const body = { model: 'echo', messages: [{ role: 'user', content }], ...options }
	const answered = server.call('/v1/chat/completions', body).then(
		(response) => response.text().catch(() => ''),
		() => '',
	)
	const progress = new RegExp(`"progress":\\[\\["\\w+",${completionTokens},"`)
	const journal = async () => {
		const files = (await readdir(join(data, 'journal'))).filter((file) => file.endsWith('.journal'))
		return (await Promise.all(files.map((file) => Bun.file(join(data, 'journal', file)).text()))).join('')
	}
	while (!progress.test(await journal())) await new Promise((resolve) => setImmediate(resolve))
	await server.stop('SIGKILL')
	await answered
	const next = await startServer({ data })
	await next.stop()
	const { stdout } = await runCommand(['usage', '--json', '--data', data])
	const [row] = JSON.parse(stdout)
	expect(row).toMatchObject({ requests: 1, completionTokens })
	expect(row.promptTokens).toBeGreaterThanOrEqual(100)
	expect(row.promptTokens).toBeLessThan(120)
})
