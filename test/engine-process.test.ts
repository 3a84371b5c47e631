// The engine's process, alone and supervised: which signals end it, and that it lives through the loss of its socket.

import { afterAll, afterEach, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { engineFolder, isEngineHere, toyConfig } from './engine.ts'
import { root, runCommand, startServer, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')
const folder = await temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Answers 400 tokens, which take a while. */
const long = {
	model: 'tiny-chat',
	stream: true,
	temperature: 0,
	max_tokens: 400,
	logit_bias: { 2: -100 },
	messages: [{ role: 'user', content: 'Tell me a story.' }],
}

const children: { kill(signal: NodeJS.Signals): void; readonly exited: Promise<number> }[] = []
afterEach(async () => {
	for (const child of children) child.kill('SIGKILL')
	await Promise.all(children.splice(0).map(({ exited }) => exited))
})

/** `dragoman engine` on a socket, once it answers. */
async function startEngine(name: string, ...args: readonly string[]) {
	const socket = join(folder, `${name}.sock`)
	const child = Bun.spawn(
		[process.execPath, main, 'engine', '--library', engineFolder, '--repetition', 'off', '--socket', socket, ...args],
		{ cwd: folder, env: { ...process.env, DRAGOMAN_DATA: folder }, stdin: 'pipe', stdout: 'ignore', stderr: 'pipe' },
	)
	children.push(child)
	const call = (path: string, body?: object) =>
		fetch(`http://engine${path}`, {
			unix: socket,
			...(body === undefined
				? {}
				: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
		})
	while ((await call('/ready').catch(() => undefined))?.status !== 200) await Bun.sleep(20)
	return { child, call, socket }
}

/** The text of a stream; `first` is called with its first event. */
async function read(response: Response, first: () => void): Promise<string> {
	let text = ''
	for await (const chunk of response.body ?? []) {
		if (text === '') first()
		text += new TextDecoder().decode(chunk)
	}
	return text
}

test.each(['no-such-file.gguf', 'no-model.gguf'])(
	'supervised: ends with status 78 if it cannot serve %s, although its standard input stays open',
	async (model) => {
		writeFileSync(join(folder, 'no-model.gguf'), 'GGUF')
		const child = Bun.spawn(
			[process.execPath, main, 'engine', '--library', engineFolder, '--until-stdin-ends'].concat([
				'--model',
				join(folder, model),
				'--socket',
				join(folder, 'none.sock'),
			]),
			{ cwd: folder, env: { ...process.env, DRAGOMAN_DATA: folder }, stdin: 'pipe', stdout: 'ignore', stderr: 'pipe' },
		)
		children.push(child)
		expect(await new Response(child.stderr).text()).toContain(model)
		expect(await child.exited).toBe(78)
	},
	10_000,
)

describe.skipIf(!isEngineHere)('the process of the engine', () => {
	test('standalone: answers in flight finish after the first signal', async () => {
		const { child, call } = await startEngine('alone')
		const text = await read(await call('/v1/chat/completions', long), () => child.kill('SIGTERM'))
		expect(text).toContain('"finish_reason":"length"')
		expect(text.trimEnd()).toEndWith('[DONE]')
		expect(await child.exited).toBe(0)
	})

	test('standalone: a second signal after half a second exits immediately, a copy of the first does not', async () => {
		const { child, call } = await startEngine('alone-twice')
		const response = await call('/v1/chat/completions', { ...long, n: 4 })
		const ended = read(response, () => {
			child.kill('SIGINT')
			child.kill('SIGTERM')
			setTimeout(() => child.kill('SIGINT'), 700)
		}).catch(() => '')
		expect(await child.exited).toBe(130)
		expect(await ended).not.toContain('[DONE]')
	})

	test('supervised: signals are ignored, and the end of its input ends it', async () => {
		const { child, call } = await startEngine('supervised', '--until-stdin-ends')
		const text = await read(await call('/v1/chat/completions', long), () => {
			for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal)
		})
		expect(text.trimEnd()).toEndWith('[DONE]')
		expect((await call('/ready')).status).toBe(200)
		await child.stdin.end()
		expect(await child.exited).toBe(0)
	})

	test('writes the request ids of its gateway into its log', async () => {
		const server = await startServer({ config: toyConfig })
		while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
		const response = await server.call('/v1/chat/completions', {
			...long,
			stream: false,
			max_tokens: 400,
			logit_bias: { 300: 100 },
		})
		expect(await response.json()).toMatchObject({
			choices: [{ finish_reason: 'length' }],
			usage: { completion_tokens: 320 },
		})
		const id = response.headers.get('x-request-id') ?? ''
		await server.logged('repetition loop')
		const lines = server
			.log()
			.split('\n')
			.filter((line) => line.includes('repetition loop'))
		expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, model: 'tiny-chat', request: id }])
		await server.stop()
	})

	test('recreates its socket if the folder was removed, and continues to serve', async () => {
		const temporary = await temporaryFolder()
		const server = await startServer({ config: toyConfig, environment: { TMPDIR: temporary } })
		const ready = async () => {
			while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
		}
		await ready()
		const [made = ''] = readdirSync(temporary)
		const question = { ...long, stream: false, max_tokens: 5 }
		expect((await server.call('/v1/chat/completions', question)).status).toBe(200)
		rmSync(join(temporary, made), { recursive: true })
		// More concurrent requests than open connections: new ones are needed.
		const during = await Promise.all(Array.from({ length: 4 }, () => server.call('/v1/chat/completions', question)))
		expect(during.map(({ status }) => status)).toEqual([200, 200, 200, 200])
		while (!existsSync(join(temporary, made))) await Bun.sleep(20)
		await ready()
		expect((await server.call('/v1/chat/completions', question)).status).toBe(200)
		await server.stop()
		expect(readdirSync(temporary)).toEqual([])
		rmSync(temporary, { recursive: true })
	})
})

test.skipIf(!isEngineHere)(
	'an upstream that changes: calls go to its new process alone, while the old one ends',
	async () => {
		const config = (maxTokens: number) =>
			`engineFolder: ${engineFolder}\nmodels: { m: { route: [x] } }\nupstreams: { x: { engine: llama, model: tiny-chat, repetition: off, maxTokens: ${maxTokens} } }\n`
		const server = await startServer({ config: config(3) })
		while ((await fetch(`${server.url}/ready`)).status !== 200) await Bun.sleep(20)
		const question = {
			model: 'm',
			temperature: 0,
			logit_bias: { 2: -100 },
			messages: [{ role: 'user', content: 'Hi!' }],
		}
		const answerTokens = async () => {
			const response = await server.call('/v1/chat/completions', question)
			const { usage } = (await response.json()) as { readonly usage?: { readonly completion_tokens: number } }
			return usage?.completion_tokens ?? response.status
		}
		// The old process runs until this is read to its end.
		const long = { ...question, stream: true, max_tokens: 600 }
		const running = (await server.call('/v1/chat/completions', long)).text()
		await writeFile(join(server.data, 'config.yaml'), config(5))
		while (!server.log().includes('configuration reloaded')) await Bun.sleep(20)
		let hasEnded = false
		void running.then(() => {
			hasEnded = true
		})
		const answers = new Set<number>()
		const childrenOf = () => readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ')
		for (let after = 0; after < 20 && answers.size < 2; ) {
			answers.add(await answerTokens())
			if (hasEnded && childrenOf().length === 1) after++
		}
		expect([...answers]).toEqual([5])
		expect(await running).toContain('[DONE]')
		await server.stop()
	},
)

test('a server without an embedded engine creates no folder for sockets', async () => {
	const server = await startServer({ environment: { TMPDIR: '/proc/no-such-folder' } })
	expect((await fetch(`${server.url}/ready`)).status).toBe(200)
	await server.stop()
})

describe.skipIf(!isEngineHere)('the command reports what is wrong', () => {
	const engine = (...args: readonly string[]) =>
		runCommand(['engine', '--library', engineFolder, '--socket', join(folder, 'never.sock'), ...args], {
			DRAGOMAN_DATA: folder,
		})

	test('with an unknown model: lists the known ones, and suggests the nearest', async () => {
		const { status, stderr } = await engine('--model', 'tinychat')
		expect(status).toBe(78)
		expect(stderr).toMatch(
			/^--model: unknown model "tinychat" \(did you mean "tiny-chat"\?\); known models: smollm2-135m, [^\n]*\n$/,
		)
	})

	test('with weights that are not installed: the command that fetches them', async () => {
		const { status, stderr } = await engine('--model', 'qwen3-0.6b')
		expect(status).toBe(78)
		expect(stderr).toContain(`npx --no-install dragoman models pull qwen3-0.6b --folder ${join(folder, 'models')}`)
	})

	const { builds } = isEngineHere
		? (JSON.parse(readFileSync(join(engineFolder, 'installed.json'), 'utf8')) as { readonly builds: readonly string[] })
		: { builds: [] }
	test.skipIf(builds.includes('cuda'))(
		'with a GPU build that is not installed: the command that installs it',
		async () => {
			const { status, stderr } = await engine('--gpu', 'cuda')
			expect(status).toBe(78)
			expect(stderr).toBe(
				`No CUDA build is installed in ${engineFolder}. Install it with: npx --no-install dragoman engine install cuda --folder ${engineFolder}\n`,
			)
		},
	)

	test('`models pull` suggests the nearest model as well', async () => {
		const { status, stderr } = await runCommand(['models', 'pull', 'smolm2-135m', '--folder', folder])
		expect(status).toBe(1)
		expect(stderr).toStartWith("Unknown model 'smolm2-135m' (did you mean 'smollm2-135m'?).")
	})
})
