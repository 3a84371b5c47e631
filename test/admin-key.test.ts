// A weak admin key on an address that other machines can reach: a server refuses it, and every command that serves nothing
// works.

import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandLeaves, completeWords, hasOption, nameOf } from './command-tree.ts'
import { root, runProcess, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')
const weak = 'changeme-changeme'
const models = 'models: { m: { route: [u] } }\nupstreams: { u: { engine: echo } }\n'
/** Nothing is downloaded. */
const offline = {
	...Object.fromEntries(
		['HTTP_PROXY', 'HTTPS_PROXY', 'NPM_CONFIG_REGISTRY'].map((name) => [name, 'http://127.0.0.1:1']),
	),
	NO_PROXY: '',
	npm_config_fetch_retries: '0',
	PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
	HF_ENDPOINT: 'http://127.0.0.1:1',
}
/** Matches every line that reports the key. */
const report = /adminKey|DRAGOMAN_ADMIN_KEY/

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
	const folder = await temporaryFolder()
	const file = join(folder, 'dragoman.yaml')
	await writeFile(file, models)
	return runProcess([process.execPath, main, ...args, '--config', file, '--data', join(folder, 'data')], {
		env: { ...process.env, DRAGOMAN_ADMIN_KEY: weak, DRAGOMAN_LISTEN: '0.0.0.0:1', ...environment },
		timeout: 30_000,
	})
}

describe('with a weak admin key on a public address', () => {
	for (const name of ['serve', 'serve --workers 2', 'config check'])
		test(`${name} refuses it`, async () => {
			const { status, stderr } = await run(name.split(' '))
			expect(stderr).toMatch(
				/^DRAGOMAN_ADMIN_KEY: the key is weak .*other machines can reach.*openssl rand -hex 32`\n$/,
			)
			expect(status).toBe(78)
		})
	test('doctor reports it, and makes its other checks', async () => {
		const { status, stdout } = await run(['doctor', '--json'])
		const { checks }: { readonly checks: readonly { check: string; status: string; message: string }[] } =
			JSON.parse(stdout)
		const found = (check: string) => checks.find((one) => one.check === check)
		expect(found('configuration')).toMatchObject({ status: 'failed', message: expect.stringContaining('is weak') })
		expect(found('database')?.status).toBe('ok')
		expect(status).toBe(1)
		expect(stdout).not.toContain(weak)
	})
	const others = commandLeaves.filter(
		(leaf) => hasOption(leaf, '--config') && !['serve', 'config check', 'doctor'].includes(nameOf(leaf)),
	)
	for (const leaf of others)
		test(`${nameOf(leaf)} does not mention it`, async () => {
			const { stderr } = await run(completeWords(leaf), offline)
			expect(stderr).not.toMatch(report)
		})
	test('a database can be created and used', async () => {
		const folder = await temporaryFolder()
		const file = join(folder, 'dragoman.yaml')
		await writeFile(file, `listen: 0.0.0.0:1\nadminKey: ${weak}\n${models}`)
		for (const args of [['migrate'], ['keys', 'create', '--name', 'ada'], ['keys', 'list'], ['usage']]) {
			const { status, stderr } = await runProcess([process.execPath, main, ...args, '--config', file, '--data', folder])
			expect([args, status, stderr.match(report)]).toEqual([args, 0, null])
		}
	})
})

describe('the address decides', () => {
	const cases: readonly (readonly [string, number])[] = [
		['127.0.0.1:1', 0],
		['[::1]:1', 0],
		['localhost:1', 0],
		['unix:/run/dragoman.sock', 0],
		['0.0.0.0:1', 78],
		['[::]:1', 78],
		['10.0.0.1:1', 78],
		['chat.example.org:1', 78],
	]
	for (const [listen, expected] of cases)
		test(`${listen}: status ${expected} of config check`, async () => {
			const { status, stderr } = await run(['config', 'check'], { DRAGOMAN_LISTEN: listen })
			expect(stderr).toMatch(expected === 0 ? /^warning: .*is weak/ : /is weak/)
			expect(status).toBe(expected)
		})
})
