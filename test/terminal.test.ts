// Text of strangers on the operator's terminal: no command prints a control character from a name, a record or a file,
// whatever wrote it.

import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildProgram } from '../src/cli/program.ts'
import { createKey, keyOf } from '../src/keys/key.ts'
import { entry } from '../src/ledger/ledger-store.contract.ts'
import { openStores } from '../src/stores/open-stores.ts'
import { runCommand, temporaryFolder } from './server.ts'

/** Clears the screen, sets the title, forges a row, reorders text, and does the same with C1 characters. */
const hostile = 'x\u001b[2J\u001b]0;pwned\u0007\r\nfake row\u009b31m\u0085\u2028\u202e\u2066evil\u007f\b'
/** All control characters except tab and line feed, separators, and characters that reorder text. */
const forbidden = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

const backups = mkdtempSync(join(tmpdir(), 'dragoman-terminal-'))
const folders = [backups]
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** A data folder whose every stored text is hostile, as an earlier version or another program may have written it. */
/** Made once: commands change little of it. */
let made: Promise<string> | undefined

function hostileFolder(): Promise<string> {
	made ??= makeFolder()
	return made
}

async function makeFolder(): Promise<string> {
	const data = await temporaryFolder()
	folders.push(data)
	const location = { database: `sqlite:${join(data, 'dragoman.sqlite')}`, keyChangesFile: join(data, 'keys.changes') }
	const stores = await openStores(location, 'create')
	const names = { name: hostile, role: 'user', tenant: hostile, owner: hostile } as const
	const { key } = createKey(names, 1_700_000_000_000)
	await stores.keys.insert(key)
	for (const secret of [`a${hostile}`, `b${hostile}`]) {
		const other = keyOf(secret, names, 1_700_000_000_001)
		await stores.keys.insert({ ...other, id: `${other.id}${hostile}` as typeof other.id })
	}
	const record = { tenant: hostile, owner: hostile, key: key.id, model: hostile, dialect: hostile, upstream: hostile }
	await stores.ledger.insert([entry('stored', { ...record, openedAtMs: Date.now(), settledAtMs: Date.now() })])
	await stores.close()
	await mkdir(join(data, 'quarantine'))
	const refused = { reason: hostile, quarantinedAtMs: 1, entry: entry(hostile, record) }
	await writeFile(join(data, 'quarantine', 'refused.json'), JSON.stringify(refused))
	await mkdir(join(data, 'models'))
	const weights = { id: hostile, file: 'a.gguf', sizeBytes: 4, sha256: '0'.repeat(64), source: hostile, fetchedAtMs: 1 }
	await writeFile(join(data, 'models', 'a.weights.json'), JSON.stringify(weights))
	await writeFile(join(data, 'models', 'a.gguf'), 'GGUF')
	await writeFile(
		join(data, 'config.yaml'),
		`models: { "a": { route: [x] } }\nupstreams: { x: { engine: echo, ${JSON.stringify(hostile)}: 1 } }\n`,
	)
	await writeFile(
		join(data, 'litellm.yaml'),
		JSON.stringify({
			model_list: [{ model_name: hostile, litellm_params: { model: `openai/${hostile}`, [hostile]: 1 } }],
		}),
	)
	return data
}

/** A server whose texts are all hostile. */
const hostileServer = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: respond })
afterAll(() => hostileServer.stop(true))

function respond({ method, url }: Request): Response {
	if (method === 'POST') return Response.json({ error: { message: hostile } }, { status: 500 })
	if (url.endsWith('/version')) return Response.json({ name: 'dragoman', version: hostile })
	if (url.endsWith('/models')) return Response.json({ data: [{ id: hostile, type: 'text-generation' }] })
	const model = { id: hostile, status: hostile, note: hostile }
	return Response.json({ status: hostile, checks: { [hostile]: { reason: hostile } }, models: [model] })
}

/** Arguments with which each command prints stored text, or the text that it is given. */
const calls: Readonly<Record<string, readonly (readonly string[])[]>> = {
	serve: [['--config', 'CONFIG']],
	engine: [['--model', hostile, '--socket', '/nonexistent/s']],
	'engine install': [[hostile]],
	'keys create': [
		['--name', hostile],
		['--name', 'a', '--tenant', hostile],
		['--name', 'a', '--expires', hostile],
	],
	'keys list': [[], ['--json']],
	'keys revoke': [[hostile], ['no such key'], [hostile, '--tenant', 'a']],
	usage: [['--by', 'key'], ['--by', 'model,owner,tenant'], ['--json'], ['--by', hostile]],
	'usage quarantine': [[]],
	'usage quarantine list': [[]],
	'usage quarantine export': [[]],
	'usage quarantine retry': [[], [hostile], ['no such record']],
	'models list': [[]],
	'models show': [[hostile], [hostile, '--json'], ['no such model']],
	'models pull': [[hostile]],
	'models remove': [[hostile]],
	migrate: [[]],
	backup: [['--force', join(backups, hostile)]],
	restore: [[hostile]],
	copy: [['--to', hostile]],
	'config check': [['--config', 'CONFIG']],
	'config schema': [[]],
	'config import': [
		['litellm', 'LITELLM'],
		['litellm', hostile],
	],
	doctor: [['--config', 'CONFIG'], ['--json', '--config', 'CONFIG'], []],
	run: [
		[hostile, 'Hello', '--url', 'SERVER', '--key', 'a'],
		['a', 'Hello', '--url', hostile],
	],
	chat: [[hostile, '--url', 'SERVER', '--key', 'a']],
	init: [
		['--yes', '--server', hostile],
		['--yes', '--file', join(backups, 'none', hostile)],
	],
	launch: [[hostile], ['codex', '--model', hostile, '--url', 'SERVER', '--key', 'a']],
	status: [
		['--url', 'SERVER'],
		['--json', '--url', 'SERVER'],
		['--url', hostile],
	],
	completion: [[hostile]],
}

function commandsOf(): readonly string[] {
	const context = {
		environment: {},
		version: '1',
		command: [],
		print: () => undefined,
		terminal: false,
		printStatus: () => undefined,
	}
	const leaves: string[] = []
	const visit = (command: ReturnType<typeof buildProgram>, path: readonly string[]) => {
		if (path.length > 0) leaves.push(path.join(' '))
		for (const child of command.commands) visit(child, [...path, child.name()])
	}
	visit(buildProgram(context), [])
	return leaves
}

test('every command is called', () => {
	const groups = ['keys', 'models', 'config']
	expect(commandsOf().filter((name) => !groups.includes(name) && calls[name] === undefined)).toEqual([])
})

test.each(Object.entries(calls).flatMap(([name, all]) => all.map((args) => [name, args] as const)))(
	'%s %j prints no control characters',
	async (name, args) => {
		const data = await hostileFolder()
		const files = new Map([
			['CONFIG', join(data, 'config.yaml')],
			['LITELLM', join(data, 'litellm.yaml')],
			['SERVER', hostileServer.url.origin],
		])
		const given = args.map((arg) => files.get(arg) ?? arg)
		const { stdout, stderr } = await runCommand([...name.split(' '), ...given, '--data', data])
		for (const text of [stdout, stderr]) expect(forbidden.exec(text.replaceAll(/[\t\n]/g, ' '))?.index).toBeUndefined()
		// The forged row is part of another line.
		expect(`${stdout}\n${stderr}`).not.toMatch(/^fake row/m)
	},
	30_000,
)

test('texts that are printed keep what is not hostile', async () => {
	const data = await hostileFolder()
	const { stdout } = await runCommand(['keys', 'list', '--data', data])
	expect(stdout).toContain('x\\u001b[2J')
	expect(stdout.trimEnd().split('\n')).toHaveLength(4)
	const listed: unknown = JSON.parse((await runCommand(['keys', 'list', '--json', '--data', data])).stdout)
	expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ name: hostile, tenant: hostile })]))
}, 30_000)
