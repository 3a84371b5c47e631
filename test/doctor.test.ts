// `dragoman doctor`: one line for each check, and no secret in any.

import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { chmod, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDiagnosis } from '../src/cli/diagnosis.ts'
import { checkProxy } from '../src/cli/doctor-network.ts'
import { holdLock } from '../src/system/lock.ts'
import { runCommand, startServer, temporaryFolder } from './server.ts'
import { mountSmallDisk } from './small-disk.testing.ts'
import { startSocketServer } from './socket-server.ts'

interface Report {
	readonly ok: boolean
	readonly checks: readonly {
		readonly check: string
		readonly status: string
		readonly message: string
		readonly remedy?: string
	}[]
}

const freePort = () => {
	const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
	const { port } = listener
	listener.stop(true)
	return port
}

const echo = 'models: { m: { route: [u] } }\nupstreams: { u: { engine: echo } }\n'

/** The report for a configuration in a new folder, which is also the data folder unless another one is given. */
async function doctor(yaml: string, { folder, environment = {} }: { folder?: string; environment?: object } = {}) {
	const data = folder ?? (await temporaryFolder())
	const config = join(await temporaryFolder(), 'dragoman.yaml')
	await writeFile(config, /^listen/m.test(yaml) ? yaml : `listen: 127.0.0.1:${freePort()}\n${yaml}`)
	const { status, stdout, stderr } = await runCommand(['doctor', '--json', '--config', config, '--data', data], {
		HTTP_PROXY: '',
		HTTPS_PROXY: '',
		...environment,
	})
	const report: Report = JSON.parse(stdout)
	const found = (check: string) => report.checks.filter((one) => one.check === check)
	return { status, stdout, stderr, report, found, one: (check: string) => found(check)[0] }
}

test('a folder without data: every check passes, and nothing is created', async () => {
	const folder = join(await temporaryFolder(), 'data')
	const { status, report } = await doctor(echo, { folder })
	expect(report.checks.filter(({ status }) => status !== 'ok' && status !== 'skipped')).toEqual([])
	expect(new Set(report.checks.map(({ check }) => check))).toEqual(
		new Set([
			'configuration',
			'permissions',
			'disk',
			'database',
			'port',
			'clock',
			'engine',
			'memory',
			'upstreams',
			'proxy',
		]),
	)
	expect([status, report.ok]).toEqual([0, true])
	expect(await readdir(join(folder, '..'))).toEqual([])
})

test('the text has one line for each check, and failures have a remedy', async () => {
	const config = join(await temporaryFolder(), 'dragoman.yaml')
	await writeFile(
		config,
		`listen: 127.0.0.1:${freePort()}\n${echo.replace('echo', 'openai-compatible, url: "http://127.0.0.1:1/v1"')}`,
	)
	const { status, stdout, stderr } = await runCommand(['doctor', '--config', config, '--data', await temporaryFolder()])
	expect(status).toBe(1)
	expect(stderr).toBe('1 check failed.\n')
	const lines = stdout.trimEnd().split('\n')
	expect(lines.every((line) => /^(ok {4}|WARN {2}|FAIL {2}|- {5})[a-z]+ +\S/.test(line))).toBe(true)
	expect(lines.find((line) => line.startsWith('FAIL'))).toMatch(
		/upstreams +upstreams\.u: .*cannot be reached.*\. Check its `url`/,
	)
})

test('an invalid configuration fails, and checks that need it are skipped', async () => {
	const { status, one, found } = await doctor('lissten: x\nmodels: { m: { route: [nope] } }\n')
	expect(status).toBe(1)
	expect(found('configuration').length).toBeGreaterThan(1)
	expect(one('configuration')).toMatchObject({ status: 'failed', message: expect.stringContaining('lissten') })
	expect(one('database')).toMatchObject({ status: 'skipped' })
})

test('the address: a server of ours is running, or another program', async () => {
	const server = await startServer()
	const listen = server.url.slice('http://'.length)
	expect((await doctor(`listen: ${listen}\n${echo}`)).one('port')).toMatchObject({
		status: 'ok',
		message: expect.stringContaining('a Dragoman server'),
	})
	await server.stop()
	const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('{}') })
	expect((await doctor(`listen: 127.0.0.1:${other.port}\n${echo}`)).one('port')).toMatchObject({
		status: 'failed',
		message: `Cannot listen on 127.0.0.1:${other.port}: the address is in use`,
	})
	await other.stop(true)
})

test('the database: current, older, damaged', async () => {
	const folder = await temporaryFolder()
	await runCommand(['migrate', '--data', folder])
	expect((await doctor(echo, { folder })).one('database')).toMatchObject({
		status: 'ok',
		message: `${folder}/dragoman.sqlite has the current schema`,
	})
	const database = new Database(join(folder, 'dragoman.sqlite'))
	database.run('DELETE FROM migrations WHERE name = (SELECT max(name) FROM migrations)')
	database.close()
	expect((await doctor(echo, { folder })).one('database')).toMatchObject({
		status: 'failed',
		message: expect.stringContaining('run `dragoman migrate` first'),
	})
	const damaged = await temporaryFolder()
	await writeFile(join(damaged, 'dragoman.sqlite'), 'no database '.repeat(1000))
	expect((await doctor(echo, { folder: damaged })).one('database')).toMatchObject({ status: 'failed' })
})

test('the data folder: a file, or open to other users', async () => {
	const folder = await temporaryFolder()
	const file = join(folder, 'file')
	await writeFile(file, '')
	expect((await doctor(echo, { folder: file })).one('permissions')).toMatchObject({
		status: 'failed',
		message: `${file} is a file, not a folder`,
	})
	await chmod(folder, 0o755)
	const { status, one } = await doctor(echo, { folder })
	expect(one('permissions')).toMatchObject({
		status: 'warning',
		message: `other users of this machine can access ${folder}`,
		remedy: `Run: chmod -R go-rwx ${folder}`,
	})
	expect(status).toBe(0)
})

test('the disk: full, or nearly full', async () => {
	const disk = await mountSmallDisk()
	if (disk === undefined) return
	try {
		const folder = join(disk.folder, 'data')
		expect((await doctor(echo, { folder })).one('disk')).toMatchObject({
			status: 'warning',
			message: expect.stringMatching(/^\d+ MB are free on the disk of /),
			remedy: 'Free space on it before it is full.',
		})
		disk.fill()
		const { status, one } = await doctor(echo, { folder })
		expect(one('disk')).toMatchObject({ status: 'failed', remedy: 'Free space on it.' })
		expect(status).toBe(1)
	} finally {
		disk.unmount()
	}
})

test('the clock: before the last time that a server has seen, or far after it', async () => {
	const folder = await temporaryFolder()
	const day = 86_400_000
	const at = async (believedMs: number) => {
		await writeFile(join(folder, 'clock.json'), JSON.stringify({ believedMs }))
		return (await doctor(echo, { folder })).one('clock')?.status
	}
	expect([await at(Date.now() + day), await at(Date.now() - 30 * day), await at(Date.now() - day)]).toEqual([
		'failed',
		'warning',
		'ok',
	])
})

test('embedded models: the library, the file, its memory', async () => {
	const folder = await temporaryFolder()
	const head = Buffer.alloc(24)
	head.write('GGUF')
	head.writeUInt32LE(3, 4)
	head.writeBigUInt64LE(1n, 8)
	head.writeBigUInt64LE(1n, 16)
	const model = join(folder, 'huge.gguf')
	await writeFile(model, head)
	await truncate(model, 2 ** 42)
	const yaml = (path: string) =>
		`download: false\nmodels: { m: { route: [u] } }\nupstreams: { u: { engine: llama, model: ${path} } }\n`
	const huge = await doctor(yaml(model), { folder })
	expect(huge.one('memory')).toMatchObject({
		status: 'failed',
		message: expect.stringContaining('upstreams.u: huge needs about'),
	})
	expect(huge.one('engine')).toMatchObject({ status: 'failed', remedy: 'Run: dragoman engine install' })
	expect((await doctor(yaml('/nowhere.gguf'), { folder })).one('configuration')).toMatchObject({
		status: 'failed',
		message: expect.stringContaining('/nowhere.gguf'),
	})
})

test('no secret is in the report, whatever fails', async () => {
	const refusing = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch: (request) => {
			const sent = [...request.headers.values()].join(' ')
			// The report quotes the names of models that an upstream lists.
			return new URL(request.url).pathname.startsWith('/lists')
				? Response.json({ data: [{ id: sent }] })
				: Response.json({ error: { message: sent } }, { status: 401 })
		},
	})
	const url = `http://127.0.0.1:${refusing.port}/v1`
	const secrets = [
		'sk-secret-one',
		'secret-header-two',
		'admin-secret-three',
		'secret-four',
		'secret-five',
		'secret-six',
		'secret-seven',
	]
	const { stdout, stderr, found } = await doctor(
		`adminKey: admin-secret-three
database: "postgres://user:secret-four@127.0.0.1:1/db"
models: { m: { route: [a, b, c, d] } }
upstreams:
  a: { engine: openai-compatible, url: "${url}", key: sk-secret-one }
  b: { engine: openai-compatible, url: "${url}", headers: { x-custom: secret-header-two } }
  c: { engine: anthropic, url: "http://127.0.0.1:1", key: secret-five }
  d: { engine: openai-compatible, url: "http://127.0.0.1:${refusing.port}/lists/v1", key: secret-seven }
`,
		{ environment: { HTTPS_PROXY: 'http://user:secret-six@proxy:3128', NO_PROXY: 'localhost' } },
	)
	expect(found('database')[0]).toMatchObject({ status: 'failed' })
	expect(found('upstreams').map(({ status }) => status)).toEqual(['failed', 'failed', 'failed', 'failed'])
	expect(found('upstreams')[3]?.message).toMatch(/it has .*Bearer \*\*\* /)
	expect(found('proxy')[0]?.message).toBe('HTTPS_PROXY=http://***@proxy:3128, NO_PROXY=localhost')
	for (const secret of secrets) expect(stdout + stderr).not.toContain(secret)
	await refusing.stop(true)
})

test('proxy variables are read as upstreams read them', () => {
	const checked = (environment: Readonly<Record<string, string>>) =>
		checkProxy(environment).map(writeDiagnosis).join('\n')
	expect(checked({})).toBe('ok    proxy           no proxy variables are set')
	expect(checked({ https_proxy: '', HTTPS_PROXY: 'http://p:1' })).toContain('no proxy variables are set')
	expect(checked({ HTTPS_PROXY: 'me:secret@proxy:3128' })).toContain(
		'ok    proxy           HTTPS_PROXY=http://***@proxy:3128,',
	)
	expect(checked({ http_proxy: 'http://proxy:3128', no_proxy: '.corp' })).toContain(
		'http_proxy=http://proxy:3128, NO_PROXY=.corp',
	)
	for (const value of ['proxy:port', 'https://me:secret@proxy', 'socks5://me:secret@proxy', 'http://me:secret@pro xy'])
		expect(checked({ HTTP_PROXY: value })).toMatch(/^FAIL {2}proxy {11}HTTP_PROXY cannot be used: (?!.*secret)/)
	expect(checked({ ALL_PROXY: 'socks5://me:secret@proxy' })).toBe(
		'WARN  proxy           ALL_PROXY is set, and has no effect. Set HTTPS_PROXY and HTTP_PROXY.',
	)
	expect(checked({ ALL_PROXY: 'http://proxy', HTTPS_PROXY: 'http://proxy:1' })).not.toContain('ALL_PROXY')
})

test('a data folder below a file cannot be created', async () => {
	const folder = await temporaryFolder()
	const file = join(folder, 'file')
	await writeFile(file, '')
	const { one } = await doctor(echo, { folder: join(file, 'data', 'inner') })
	expect(one('permissions')).toMatchObject({ status: 'failed', message: `${file}, above the data folder, is a file` })
})

describe('a Unix socket to listen on', () => {
	const port = async (path: string) => (await doctor(`listen: "unix:${path}"\n${echo}`)).one('port')

	test('that does not exist is free, and nothing is created', async () => {
		const folder = await temporaryFolder()
		const path = join(folder, 'd.sock')
		expect(await port(path)).toMatchObject({ status: 'ok', message: `unix:${path} is free` })
		expect(await readdir(folder)).toEqual([])
	})
	test('of a server of ours, and of one that was killed', async () => {
		const { path, child } = await startSocketServer(await temporaryFolder())
		expect(await port(path)).toMatchObject({
			status: 'ok',
			message: expect.stringMatching(new RegExp(`^a Dragoman server \\(.+\\) is running at unix:${path}$`)),
		})
		child.kill('SIGKILL')
		await child.exited
		expect(await port(path)).toMatchObject({ status: 'ok', message: expect.stringContaining('socket of a killed one') })
		expect(await Bun.file(path).stat()).toMatchObject({ size: 0 })
	})
	test('of another program', async () => {
		const path = join(await temporaryFolder(), 'd.sock')
		const other = Bun.serve({ unix: path, fetch: () => new Response('other') })
		expect(await port(path)).toMatchObject({
			status: 'failed',
			message: `Cannot listen on unix:${path}: the address is in use`,
			remedy: 'Stop the other program, or choose another address with --listen.',
		})
		await other.stop(true)
	})
	test('whose path is a file', async () => {
		const path = join(await temporaryFolder(), 'd.sock')
		await writeFile(path, 'precious')
		expect(await port(path)).toMatchObject({
			status: 'failed',
			message: `Cannot listen on unix:${path}: a file that is not a socket exists there: remove it, or use another path`,
		})
		expect(await Bun.file(path).text()).toBe('precious')
	})
	test('in a folder that does not exist', async () => {
		const folder = join(await temporaryFolder(), 'run')
		expect(await port(join(folder, 'd.sock'))).toMatchObject({
			status: 'failed',
			message: `Cannot listen on unix:${folder}/d.sock: its folder does not exist`,
			remedy: `Create ${folder} for the user of the server.`,
		})
	})
	test.skipIf(process.getuid?.() === 0)('in a folder that this user cannot write to', async () => {
		const folder = await temporaryFolder()
		await chmod(folder, 0o555)
		expect(await port(join(folder, 'd.sock'))).toMatchObject({
			status: 'failed',
			remedy: expect.stringContaining('chown'),
		})
	})
	test('whose lock another server holds', async () => {
		const path = join(await temporaryFolder(), 'd.sock')
		const lock = holdLock(`${path}.lock`, { create: true })
		expect(await port(path)).toMatchObject({
			status: 'failed',
			remedy: 'Wait until the other server has started or stopped.',
		})
		lock?.release()
		expect(await port(path)).toMatchObject({ status: 'ok' })
	})
})

test('each upstream gets one request, and the remedy is for what failed', async () => {
	const requests: string[] = []
	const model = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch: ({ headers, method, url }) => {
			const key = headers.get('authorization')
			requests.push(`${method} ${new URL(url).pathname} ${key}`)
			return key === 'Bearer good'
				? Response.json({ data: [{ id: 'other' }] })
				: Response.json({ error: { message: 'no' } }, { status: 401 })
		},
	})
	const proxy = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('', { status: 407 }) })
	const upstream = (text: string) => `{ engine: openai-compatible, model: m, ${text} }`
	const upstreams = {
		keyless: upstream('url: "http://127.0.0.1:1/v1"'),
		wrong: upstream(`url: "${model.url}v1", key: bad`),
		lacking: upstream(`url: "${model.url}v1", key: good`),
		proxied: upstream(`url: "http://models.example/v1", proxy: "${proxy.url}"`),
	}
	const yaml = `models: { m: { route: [${Object.keys(upstreams)}] } }\nupstreams:\n${Object.entries(upstreams)
		.map(([name, text]) => `  ${name}: ${text}\n`)
		.join('')}`
	const remedies = (await doctor(yaml)).found('upstreams').map(({ remedy }) => remedy)
	expect(remedies).toEqual([
		'Check its `url`, and that its server is running.',
		'Check the `key` of the upstream.',
		'Change `model` of the upstream.',
		'Check its `proxy`, or the proxy variables of the environment.',
	])
	expect(requests.toSorted()).toEqual(['GET /v1/models Bearer bad', 'GET /v1/models Bearer good'])
	await model.stop(true)
	await proxy.stop(true)
})

test('an upstream on a Unix socket', async () => {
	const folder = await temporaryFolder()
	const yaml = `models: { m: { route: [u] } }\nupstreams: { u: { engine: openai-compatible, url: "http://model/v1", socket: "${folder}/model.sock" } }\n`
	expect((await doctor(yaml)).one('upstreams')).toMatchObject({
		status: 'failed',
		message: expect.stringContaining('upstreams.u: '),
		remedy: 'Check its `socket`, and that its server is running.',
	})
	const server = Bun.serve({ unix: join(folder, 'model.sock'), fetch: () => Response.json({ data: [{ id: 'm' }] }) })
	expect((await doctor(yaml)).one('upstreams')).toMatchObject({
		status: 'ok',
		message: 'upstreams.u: reachable, has m',
	})
	await server.stop(true)
})
