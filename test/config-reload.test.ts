// A configuration that is rewritten while the server runs, slowly, in pieces or by a symbolic link: requests notice
// nothing until it is complete.

import { afterAll, describe, expect, test } from 'bun:test'
import { appendFile, mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ConfigWatch, type ConfigWatchTimes, watchConfig } from '../src/cli/config-watch.ts'
import { stateOf } from '../src/config/file-state.ts'
import { readSettings } from '../src/config/settings.ts'
import { LiveDeployment } from '../src/gateway/deployment.ts'
import { systemClock } from '../src/system/clock.ts'
import { openLog } from '../src/system/log.ts'
import { eventually } from './faults/gateway.ts'
import { startServer, type TestServer, temporaryFolder } from './server.ts'

const original = `# Two models, each with a reserve.
log:
  level: info
models:
  alpha:
    route:
      - one
      - two
    retry:
      attempts: 2
  beta:
    aliases: [gamma]
    route: [two, one]
upstreams:
  one:
    engine: echo
  two:
    engine: echo
    contextTokens: 4096
`
/** The same in another order, so that a part of it has upstreams and some models. */
const turned = `upstreams:
  one: { engine: echo }
  two: { engine: echo, contextTokens: 4096 }
models:
  alpha: { route: [one, two] }
  beta: { route: [two, one], aliases: [gamma] }
log: { level: info }
`

interface Watched {
	readonly file: string
	/** What was logged so far. */
	readonly lines: readonly string[]
	models(): readonly string[]
	/** Waits until the files were read once more. */
	checkedAgain(): Promise<void>
	/** Writes `text` and waits until the watch has read it. */
	change(text: string): Promise<void>
}

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
	for (const close of closing) await close()
})

async function watch(text: string, times: ConfigWatchTimes): Promise<Watched> {
	const folder = await temporaryFolder()
	const file = join(folder, 'dragoman.yaml')
	await writeFile(file, text)
	let reads = 0
	const read = async () => {
		const settings = await readSettings({ config: file }, {}).finally(() => reads++)
		return settings
	}
	const settings = await read()
	const lines: string[] = []
	const log = openLog({ level: 'info', format: 'text' }, (line) => lines.push(line))
	const deployment = new LiveDeployment(settings, {
		command: [],
		environment: {},
		showProgress: () => ({ update: () => undefined, end: () => undefined }),
		clock: systemClock,
		log,
		socketFolder: async () => folder,
	})
	await deployment.apply(settings.config)
	const gateway = {
		reload: (config: typeof settings.config) => deployment.apply(config),
		get models() {
			return deployment.current.models.all
		},
	}
	const following: ConfigWatch = watchConfig({ settings, read, gateway, log, times })
	closing.push(async () => {
		following.close()
		await deployment.close()
	})
	// The first look compares the file with what was read at the start.
	await eventually('first look', () => reads > 1)
	return {
		file,
		lines,
		models: () => gateway.models.map(({ name }) => name),
		async checkedAgain() {
			const before = reads
			await eventually('another look', () => reads > before)
		},
		async change(changed) {
			const before = reads
			await writeFile(file, changed)
			await eventually('look at the change', () => reads > before)
		},
	}
}

const never: ConfigWatchTimes = { pollMs: 2, settledMs: 15, certainMs: 600_000 }

/** Every part that ends with a line, and some that end within one. */
function* parts(text: string): Generator<string> {
	for (let at = 0; at < text.length; at++)
		if (text[at] === '\n' || at % 17 === 0) yield text.slice(0, at + (text[at] === '\n' ? 1 : 0))
}

describe('a truncated file', () => {
	for (const [name, text] of [
		['models above upstreams', original],
		['upstreams above models', turned],
	] as const)
		test(`changes nothing, wherever it is cut: ${name}`, async () => {
			const watched = await watch(text, never)
			const { fields } = new Fields(text)
			for (const part of parts(text)) {
				if (new Fields(part).fields === fields) continue
				await watched.change(part)
				expect(watched.models()).toEqual(['alpha', 'beta'])
			}
			expect(watched.lines.join('')).not.toContain('configuration reloaded')
			await watched.change(text.replaceAll('beta', 'delta').replaceAll('gamma', 'beta'))
			expect(watched.lines.join('')).toContain('models.beta')
		})
	test('is used once it has been unchanged for long enough, and the log names the missing fields', async () => {
		const watched = await watch(original, { pollMs: 2, settledMs: 10, certainMs: 400 })
		const startedMs = performance.now()
		await watched.change(turned.replace(/ {2}beta.*\n/, ''))
		await eventually('one model', () => Bun.deepEquals(watched.models(), ['alpha']))
		expect(performance.now() - startedMs).toBeGreaterThanOrEqual(400)
		expect(watched.lines.filter((line) => line.includes('may be incomplete'))).toHaveLength(1)
		expect(watched.lines.join('')).toContain('models.alpha.retry is missing')
	})
	test('is used immediately if it only adds or changes', async () => {
		const watched = await watch(original, never)
		await watched.change(
			`${original}  three: { engine: echo }\n`.replace('models:\n', 'models:\n  new: { route: [three] }\n'),
		)
		await eventually('three models', () => Bun.deepEquals(watched.models(), ['new', 'alpha', 'beta']))
		expect(watched.lines.filter((line) => line.includes('configuration reloaded'))).toHaveLength(1)
	})
	test('needs no restart once a field has its initial value again, however often the files were read', async () => {
		const limited = `${original}limits: { shutdownMs: 2s }\n`
		const watched = await watch(limited, never)
		// The secret's file is a further one to follow, so that the files are read again without a change.
		const secret = join(dirname(watched.file), 'key')
		await writeFile(secret, 'sk-1')
		const withSecret = original.replace(
			'upstreams:\n',
			`upstreams:\n  three: { engine: openai-compatible, url: "http://127.0.0.1:1/v1", key: "file:${secret}" }\n`,
		)
		const used = (times: number) =>
			eventually(
				`use ${times}`,
				() => watched.lines.filter((line) => line.includes('configuration reloaded')).length === times,
			)
		await watched.change(`${withSecret}limits: { shutdownMs: 3s }\n`)
		await used(1)
		await watched.checkedAgain()
		await watched.change(`${withSecret}limits: { shutdownMs: 2s }\nx-a: 1\n`)
		await used(2)
		expect(watched.lines.filter((line) => line.includes('need a restart'))).toHaveLength(1)
	})
	test('is rejected with one line as long as the reason stays the same', async () => {
		const watched = await watch(original, never)
		for (const text of ['', '# nothing\n', '\n\n']) await watched.change(text)
		expect(watched.lines.filter((line) => line.includes('configuration rejected'))).toHaveLength(1)
		expect(watched.lines.join('')).toContain('the file is empty')
		await watched.change(`${original}  three: { engine: echo }\n`)
		await eventually('a use', () => watched.lines.some((line) => line.includes('configuration reloaded')))
		await watched.change('')
		await eventually(
			'second complaint',
			() => watched.lines.filter((line) => line.includes('configuration rejected')).length === 2,
		)
		expect(watched.models()).toEqual(['alpha', 'beta'])
	})
})

/** The text without comments, as a measure of whether a part has all fields. */
class Fields {
	readonly fields: string
	constructor(text: string) {
		this.fields = JSON.stringify(text.replace(/#.*$/gm, '').trimEnd())
	}
}

test('a pipe has no state that could change, so it is read only once', async () => {
	const folder = await temporaryFolder()
	Bun.spawnSync(['mkfifo', join(folder, 'pipe')])
	await writeFile(join(folder, 'file'), '')
	expect(await stateOf([join(folder, 'file')])).toBeString()
	expect(await stateOf([join(folder, 'file'), join(folder, 'pipe')])).toBeUndefined()
})

describe('a server', () => {
	test('answers every request while its file is rewritten in pieces', async () => {
		const text = original.replaceAll('echo\n', 'echo\n    concurrency: { limit: 64 }\n')
		const server = await startServer({ config: text })
		const file = join(server.data, 'config.yaml')
		const statuses = new Map<number, number>()
		let done = false
		const load = Array.from({ length: 4 }, async (_, client) => {
			while (!done) {
				const { status } = await send(server, client % 2 === 0 ? 'beta' : 'alpha')
				statuses.set(status, (statuses.get(status) ?? 0) + 1)
			}
		})
		const next = text.replace('limit: 64', 'limit: 65').replace('models:\n', 'models:\n  added: { route: [two] }\n')
		const parts = [0, 0.3, 0.62, 0.9].map((share, at, shares) =>
			next.slice(Math.round(share * next.length), Math.round((shares[at + 1] ?? 1) * next.length)),
		)
		await truncate(file)
		await eventually('complaint about the empty file', () => server.log().includes('the file is empty'))
		for (const part of parts) {
			await appendFile(file, part)
			// A writer that pauses for longer than a change needs to count as settled.
			await Bun.sleep(1400)
		}
		await eventually('new model', async () => (await send(server, 'added')).status === 200)
		done = true
		await Promise.all(load)
		expect([...statuses.keys()]).toEqual([200])
		await server.stop()
	}, 30_000)
	test('rejects an empty file on SIGHUP, and accepts one with fewer models immediately', async () => {
		const server = await startServer({ config: original })
		const file = join(server.data, 'config.yaml')
		// An answer proves that the server has got as far as to handle signals.
		expect((await send(server, 'beta')).status).toBe(200)
		await writeFile(file, '')
		process.kill(server.pid, 'SIGHUP')
		await eventually('complaint', () => server.log().includes('the file is empty'))
		expect((await send(server, 'beta')).status).toBe(200)
		await writeFile(file, `${turned.replace(/ {2}beta.*\n/, '')}page: { name: Renamed, recommended: [alpha] }\n`)
		process.kill(server.pid, 'SIGHUP')
		await eventually('one model', async () => (await send(server, 'beta')).status === 404)
		expect(await (await server.call('/v1/page')).json()).toMatchObject({ name: 'Renamed', recommended: ['alpha'] })
		expect(server.log()).not.toContain('need a restart')
		expect(server.log()).not.toContain('may be incomplete')
		await server.stop()
	})
	test('sends a new key after the folder of its file was swapped', async () => {
		const statuses: (string | null)[] = []
		const upstream = Bun.serve({
			port: 0,
			hostname: '127.0.0.1',
			fetch(request) {
				statuses.push(request.headers.get('authorization'))
				return Response.json({
					choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
				})
			},
		})
		const data = await temporaryFolder()
		await writeSecret(data, 'v1', 'sk-the-first\n')
		await symlink('v1', join(data, 'secrets'))
		const server = await startServer({
			data,
			config: `models: { m: { route: [u] } }\nupstreams: { u: { engine: openai-compatible, url: "http://127.0.0.1:${upstream.port}/v1", key: file:secrets/key } }\n`,
		})
		await send(server, 'm')
		expect(statuses.at(-1)).toBe('Bearer sk-the-first')
		await writeSecret(data, 'v2', 'sk-the-second\n')
		await symlink('v2', join(data, 'secrets.new'))
		await rename(join(data, 'secrets.new'), join(data, 'secrets'))
		await eventually('new key', async () => {
			await send(server, 'm')
			return statuses.at(-1) === 'Bearer sk-the-second'
		})
		await writeFile(join(data, 'v2', 'key'), '')
		await eventually('complaint', () => server.log().includes('is empty: it must contain the secret'))
		await send(server, 'm')
		expect(statuses.at(-1)).toBe('Bearer sk-the-second')
		expect(server.log()).not.toContain('sk-the')
		await server.stop()
		await upstream.stop(true)
	})
})

async function writeSecret(data: string, version: string, text: string): Promise<void> {
	await mkdir(join(data, version))
	await writeFile(join(data, version, 'key'), text)
}

function send(server: TestServer, model: string): Promise<Response> {
	return server.call('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }] })
}
