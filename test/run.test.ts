// `dragoman run`: one question to a running server, in every dialect, from arguments and pipes.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dialectQuestions } from '../src/cli/dialect-question.ts'
import { dialects } from '../src/dialects/list.ts'
import { root, runCommand, runProcess, startServer, type TestServer, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')
let server: TestServer

beforeAll(async () => {
	server = await startServer()
})
afterAll(() => server.stop())

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
	runCommand(['run', ...args], { DRAGOMAN_URL: server.url, DRAGOMAN_API_KEY: server.key, ...environment })

/** A shell that can use `$run`, which runs the command. */
function shell(script: string) {
	return runProcess(['bash', '-c', `set -o pipefail; ${script}`], {
		env: {
			...process.env,
			DRAGOMAN_URL: server.url,
			DRAGOMAN_API_KEY: server.key,
			run: `${process.execPath} ${main} run`,
		},
		timeout: 30_000,
	})
}

describe('in each dialect', () => {
	test('of the list', () => {
		expect(Object.keys(dialectQuestions).toSorted()).toEqual(dialects.map(({ name }) => name).toSorted())
	})
	for (const { name } of dialects) {
		test(`${name}: the answer is printed`, async () => {
			const { status, stdout, stderr } = await run(['echo', 'Hello', 'there', '--as', name])
			expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'Hello there\n', stderr: '' })
		})
		test(`${name}: a failure is one line, and the status is 1`, async () => {
			const { status, stdout, stderr } = await run(['echo', 'echo:error overloaded', '--as', name])
			expect([status, stdout]).toEqual([1, ''])
			expect(stderr.trimEnd().split('\n')).toHaveLength(1)
		})
		test(`${name}: a failure within the answer follows what was received`, async () => {
			const { status, stdout, stderr } = await run([
				'echo',
				'echo:error-after 2 upstream-failed\none two three',
				'--as',
				name,
			])
			expect(status).toBe(1)
			expect(stdout).toMatch(/^one two ?\n$/)
			expect(stderr.trimEnd().split('\n')).toHaveLength(1)
		})
		test(`${name}: --json prints the response`, async () => {
			const { status, stdout } = await run(['echo', 'Hello', '--as', name, '--json'])
			expect(status).toBe(0)
			expect(JSON.stringify(JSON.parse(stdout))).toContain('Hello')
			const metrics = await (await fetch(`${server.url}/metrics`)).text()
			expect(metrics).toMatch(new RegExp(`^dragoman_requests_total\\{[^}]*dialect="${name}"`, 'm'))
		})
	}
})

describe('standard input', () => {
	test('is added to the question', async () => {
		const { stdout, stderr } = await shell('printf "one\\ntwo\\n" | $run echo Summarize:')
		expect({ stdout, stderr }).toEqual({ stdout: 'Summarize:\n\none\ntwo\n', stderr: '' })
	})
	test('is the question if there are no arguments', async () => {
		const file = join(await temporaryFolder(), 'question')
		await writeFile(file, 'from a file\n')
		expect((await shell(`$run echo < ${file}`)).stdout).toBe('from a file\n')
	})
	test('that is empty, without arguments, is an error of the command line', async () => {
		const { status, stderr } = await run(['echo'])
		expect([status, stderr]).toEqual([
			2,
			'There is no question: the first argument is the model (echo). Pass the question after it, or on standard input.\n',
		])
	})
})

describe('standard output', () => {
	test('has no control sequences of the model if it is a terminal, and every byte if it is a pipe', async () => {
		const question = 'a \u001b[31mred\u001b[0m word'
		expect((await run(['echo', question])).stdout).toBe(`${question}\n`)
		let shown = ''
		const child = Bun.spawn([process.execPath, main, 'run', 'echo', question], {
			env: { ...process.env, DRAGOMAN_URL: server.url, DRAGOMAN_API_KEY: server.key },
			terminal: {
				data(_, bytes) {
					shown += new TextDecoder().decode(bytes)
				},
			},
		})
		expect(await child.exited).toBe(0)
		expect(shown).toContain('a \\u001b[31mred\\u001b[0m word')
	})
	test('that closes early ends the request in silence', async () => {
		const { status, stdout, stderr } = await shell(
			'$run echo "echo:delay 5\n$(printf "word\\n%.0s" $(seq 1 4000))" | head -1',
		)
		expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'word\n', stderr: '' })
	})
})

describe('the server and its key', () => {
	test('are those of the configuration on this machine', async () => {
		const config = join(await temporaryFolder(), 'dragoman.yaml')
		await writeFile(config, `listen: ${server.url.slice('http://'.length)}\nmodels: embedded\n`)
		const local = ['run', 'echo', 'hi', '--config', config, '--data', server.data]
		expect((await runCommand(local, { HTTP_PROXY: 'http://127.0.0.1:9' })).stdout).toBe('hi\n')
	})
	test('an address may end in /v1, and may lack the scheme', async () => {
		for (const url of [`${server.url}/v1`, `${server.url}/`, server.url.slice('http://'.length)])
			expect((await run(['echo', 'hi', '--url', url])).stdout).toBe('hi\n')
	})
	test('a key of this machine is not sent to another one', async () => {
		const seen: string[] = []
		const other = Bun.serve({
			hostname: '0.0.0.0',
			port: 0,
			fetch(request) {
				seen.push(request.headers.get('authorization') ?? '')
				return new Response('{}')
			},
		})
		const { networkInterfaces } = await import('node:os')
		const address = Object.values(networkInterfaces())
			.flatMap((list) => list ?? [])
			.find(({ internal, family }) => !internal && family === 'IPv4')?.address
		const url = `http://${address ?? 'localhost.localdomain'}:${other.port}`
		const { status, stderr } = await runCommand(['run', 'echo', 'hi', '--url', url, '--data', server.data], {
			DRAGOMAN_API_KEY: '',
		})
		expect(status).toBe(1)
		expect(stderr).toContain(`No API key is known for ${url}: set DRAGOMAN_API_KEY or --key.`)
		expect(seen).toEqual([])
		await other.stop(true)
	})
	const mistakes: readonly (readonly [string, readonly string[], RegExp, number])[] = [
		[
			'no server',
			['--url', 'http://127.0.0.1:1'],
			/^No server responds at http:\/\/127\.0\.0\.1:1: the connection was refused\. /,
			1,
		],
		['a wrong key', ['--key', 'dgm-wrong'], /refuses the API key \(given\): .*DRAGOMAN_API_KEY/, 1],
		[
			'a key that cannot be sent',
			['--key', 'ключ'],
			/^The API key \(given\) has a space, a line end or a character that is not ASCII: /,
			1,
		],
		['a key of two lines', ['--key', 'dgm-1\ndgm-2'], /^The API key \(given\) has a space, a line end/, 1],
		['a wrong address', ['--url', 'ftp://x'], /is not a URL such as/, 2],
		['an address with a password', ['--url', 'ftp://me:secretpw@x'], /may contain a password/, 2],
		['an unknown dialect', ['--as', 'esperanto'], /Allowed choices are/, 2],
	]
	for (const [name, args, message, code] of mistakes)
		test(`${name}: one line`, async () => {
			const { status, stdout, stderr } = await run(['echo', 'hi', ...args])
			expect([status, stdout]).toEqual([code, ''])
			expect(stderr).toMatch(message)
			expect(stderr).not.toContain('secretpw')
			expect(stderr.trimEnd().split('\n')).toHaveLength(1)
		})
	test('an unknown model: the message of the server, and its models', async () => {
		const { status, stderr } = await run(['nope', 'hi'])
		expect(status).toBe(1)
		expect(stderr).toMatch(
			/^The model `nope` does not exist or you do not have access to it\. The models are: .*\becho\b.*\.\n$/,
		)
	})
})

test('a model that stands in for the requested one is named on standard error, and an alias is not', async () => {
	const note = "'wanted' is not available yet"
	const other = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		async fetch(request) {
			if (request.method === 'GET')
				return Response.json({
					data: [
						{ id: 'wanted', note },
						{ id: 'toy', aliases: ['t'] },
					],
				})
			const delta = { model: 'toy', choices: [{ delta: { content: 'hi' } }] }
			return new Response(`data: ${JSON.stringify(delta)}\n\ndata: [DONE]\n\n`)
		},
	})
	const ask = (model: string) => run([model, 'hello', '--url', `http://127.0.0.1:${other.port}`])
	expect(await ask('wanted')).toMatchObject({
		status: 0,
		stdout: 'hi\n',
		stderr: `Note: the model toy answered. ${note}\n`,
	})
	expect(await ask('t')).toMatchObject({ status: 0, stdout: 'hi\n', stderr: '' })
	await other.stop(true)
})
