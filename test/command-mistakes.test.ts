// Every command with every mistake that its user can make: a message, a status other than 0, and no stack trace. And
// every command whose output has a reader that stops early.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Glob } from 'bun'
import type { Command } from 'commander'
import { describeFailure } from '../src/cli/failure.ts'
import { helpEntries } from '../src/cli/help-text.ts'
import {
	type CommandLeaf,
	commandTree,
	completeWords as complete,
	failCommand as fails,
	hasOption as has,
	commandLeaves as leaves,
} from './command-tree.ts'
import { root, runProcess, startServer, temporaryFolder } from './server.ts'

const main = join(root, 'src', 'main.ts')

test('the tree has the commands that this test is about', () => {
	expect(leaves.length).toBeGreaterThan(20)
})

describe('in the command line', () => {
	/** Parses only: no command runs. */
	const parse = async (args: readonly string[]) => {
		const program = commandTree()
		let text = ''
		const capture = (command: Command) => {
			command.configureOutput({ writeErr: (part) => (text += part), writeOut: () => undefined })
			for (const child of command.commands) capture(child)
		}
		capture(program)
		program.hook('preAction', () => {
			throw new Error('accepted')
		})
		const status = await program.parseAsync(args, { from: 'user' }).then(
			() => 0,
			(thrown: unknown) => (String(thrown).includes('accepted') ? 0 : describeFailure(thrown).exitCode),
		)
		return { status, text }
	}
	const refused = async (args: readonly string[]) => {
		const { status, text } = await parse(args)
		expect({ args, status }).toEqual({ args, status: 2 })
		return text
	}
	for (const leaf of leaves) {
		const name = leaf.words.join(' ')
		test(`${name}: an unknown option`, async () =>
			expect(await refused([...complete(leaf), '--nonsense'])).toContain(`\nSee \`dragoman ${name}`))
		for (const { long, required } of leaf.command.options)
			if (required && long !== undefined)
				test(`${name}: ${long} without its value`, () => refused([...leaf.words, long]).then(() => undefined))
		const { registeredArguments } = leaf.command
		if (!registeredArguments.some(({ variadic }) => variadic)) {
			const excess = Array.from({ length: registeredArguments.length + 1 }, () => 'bash')
			test(`${name}: too many arguments`, async () =>
				expect(await refused([...leaf.words, ...excess])).toContain('\nSee `dragoman '))
		}
		for (const option of leaf.command.options)
			if (option.argChoices !== undefined)
				test(`${name}: ${option.long} with another value`, () =>
					refused([...complete(leaf), option.long ?? '', 'nonsense']).then(() => undefined))
		for (const [index, { argChoices }] of registeredArguments.entries())
			if (argChoices !== undefined)
				test(`${name}: argument ${index} with another value`, async () => {
					const given = registeredArguments.map((_, at) => (at === index ? 'nonsense' : 'x'))
					await refused([...leaf.words, ...given])
				})
		if (leaf.command.registeredArguments.some((argument) => argument.required))
			test(`${name}: without its argument`, async () =>
				expect(await refused(leaf.words)).toContain(`\nSee \`dragoman ${name} --help\`.\n`))
		test(`${name}: empty values`, async () => {
			for (const { long = '', required } of leaf.command.options)
				if (required && long !== '--system') await refused([...complete(leaf), long, ''])
			for (const [index, { variadic }] of registeredArguments.entries())
				if (!variadic) {
					const given = complete(leaf).slice(leaf.words.length)
					await refused([
						...leaf.words,
						...registeredArguments.map((_, at) => (at === index ? '' : (given[at] ?? 'x'))),
					])
				}
		})
	}
})

describe('a command that does not exist', () => {
	const groups = (command: Command, words: readonly string[]): readonly (readonly string[])[] =>
		command.commands.length === 0
			? []
			: [words, ...command.commands.flatMap((child) => groups(child, [...words, child.name()]))]
	for (const words of groups(commandTree(), []))
		test(['dragoman', ...words, 'nonsense'].join(' '), async () => {
			const stderr = await fails([...words, 'nonsense'], {}, 2)
			expect(stderr).toContain('nonsense')
			expect(stderr).toContain('See `dragoman ')
		})
})

test('values of options are checked by the parser, with the status of a wrong command line', async () => {
	await Promise.all([
		fails(['keys', 'create', '--name', 'x', '--expires', 'yesterday'], {}, 2),
		fails(['keys', 'create', '--name', 'x', '--expires', '2020-01-01'], {}, 2),
		fails(['usage', '--from', '2026-02-31'], {}, 2),
		fails(['copy', '--from', 'nonsense', '--to', 'nonsense'], {}, 2),
		fails(['status', '--url', ''], {}, 2),
	])
	await Promise.all([
		fails(['status', '--url', 'unix:relative'], {}, 2),
		fails(['init', '--yes', '--server', 'http://['], {}, 2),
		fails(['serve', '--workers', '0'], {}, 2),
		fails(['run', 'm'], {}, 2),
		fails(['engine', '--context', '1e99'], {}, 2),
	])
})

test('a missing engine library is named with the command that installs it', async () => {
	const folder = await temporaryFolder()
	const args = ['engine', '--socket', join(folder, 's'), '--data', folder, '--library', folder]
	expect(await fails(args, {}, 78)).toContain(`is not installed in ${folder}: run \`dragoman engine install\`.`)
})

describe('in the configuration and its files', () => {
	for (const leaf of leaves.filter((one) => has(one, '--config')))
		test(leaf.words.join(' '), async () => {
			const folder = await temporaryFolder()
			const at = (name: string) => join(folder, name)
			await writeFile(at('broken.yaml'), 'models: [\n')
			await writeFile(at('wrong.yaml'), 'lissten: 1\nmodels: embedded\n')
			await mkdir(at('folder'))
			await writeFile(at('file'), '')
			const args = complete(leaf)
			// The address of the server comes from the configuration.
			const named = { DRAGOMAN_URL: '' }
			await Promise.all([
				fails([...args, '--config', at('missing.yaml')], named),
				fails([...args, '--config', at('broken.yaml')], named),
			])
			await Promise.all([
				fails([...args, '--config', at('wrong.yaml')], named),
				fails([...args, '--config', at('folder')], named),
			])
		})
	// Commands that use the data folder.
	const users = leaves.filter(
		({ words }) =>
			/^(serve|keys|usage|migrate|doctor)/.test(words.join(' ')) && !/quarantine (list|export)$/.test(words.join(' ')),
	)
	for (const leaf of users)
		test(`${leaf.words.join(' ')}: a data folder that is a file, or a damaged database`, async () => {
			const folder = await temporaryFolder()
			const file = join(folder, 'file')
			await writeFile(file, '')
			await writeFile(join(folder, 'dragoman.sqlite'), 'no database '.repeat(1000))
			await Promise.all([
				fails([...complete(leaf), '--data', file]),
				leaf.words.join(' ') === 'usage quarantine' ? undefined : fails([...complete(leaf), '--data', folder]),
			])
		})
})

describe('in the server', () => {
	const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('<html>', { status: 200 }) })
	const failing = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('oh', { status: 500 }) })
	afterAll(() => Promise.all([other.stop(true), failing.stop(true)]))
	for (const leaf of leaves.filter((one) => has(one, '--url')))
		test(leaf.words.join(' '), async () => {
			for (const url of [
				'http://127.0.0.1:1',
				`http://127.0.0.1:${other.port}`,
				`http://127.0.0.1:${failing.port}`,
				'nonsense://x',
				'http://no-such-host.invalid',
			])
				await fails([...complete(leaf), '--url', url], { DRAGOMAN_API_KEY: 'k' })
		})
})

test('a reader that stops early is not a failure of any command', async () => {
	const server = await startServer()
	await runProcess([process.execPath, main, 'keys', 'create', '--name', 'x', '--data', server.data])
	const outputs = [
		'--help',
		'--version',
		'keys create --help',
		'config schema',
		`config check --data ${server.data}`,
		`keys list --data ${server.data}`,
		`keys list --json --data ${server.data}`,
		`usage --data ${server.data}`,
		`usage quarantine list --json --data ${server.data}`,
		`usage quarantine export --data ${server.data}`,
		'models list',
		'models list --json',
		`doctor --data ${server.data}`,
		`doctor --json --data ${server.data}`,
		`status --url ${server.url}`,
		`run echo hello --url ${server.url} --key ${server.key}`,
		`run echo hello --json --url ${server.url} --key ${server.key}`,
		'completion bash',
		'completion fish',
		`migrate --data ${server.data}`,
	]
	const stopEarly = async (line: string, reader: string) => {
		const script = `'${process.execPath}' '${main}' ${line} | ${reader}; exit \${PIPESTATUS[0]}`
		// `doctor` fails if another program of the machine has the usual port.
		const env = { ...process.env, DRAGOMAN_LISTEN: '127.0.0.1:0' }
		const { status, stderr } = await runProcess(['bash', '-c', script], { env, timeout: 30_000 })
		expect({ line, reader, status, stderr }).toMatchObject({ line, reader, status: 0 })
		expect(stderr).not.toMatch(/EPIPE|\n\s+at /)
	}
	for (const line of outputs)
		await Promise.all(['head -c 1 >/dev/null', 'true'].map((reader) => stopEarly(line, reader)))
	await server.stop()
}, 120_000)

test('every command that prints a table has --json', async () => {
	const folder = join(root, 'src', 'cli')
	const printing: string[] = []
	for (const file of new Glob('*.ts').scanSync(folder)) {
		const text = await Bun.file(join(folder, file)).text()
		if (!/\.test\.ts$/.test(file) && text.includes("from './table.ts'")) printing.push(file)
	}
	for (const file of printing)
		expect([file, (await Bun.file(join(folder, file)).text()).includes("'--json'")]).toEqual([file, true])
	expect(leaves.filter((leaf) => has(leaf, '--json')).map(({ words }) => words.join(' '))).toEqual(
		expect.arrayContaining([
			'keys list',
			'usage',
			'usage quarantine list',
			'models list',
			'models show',
			'status',
			'doctor',
		]),
	)
})

describe('every --help has examples that exist, and a page that exists', () => {
	const every = (command: Command, words: readonly string[]): readonly CommandLeaf[] => [
		{ command, words },
		...command.commands.flatMap((child) => every(child, [...words, child.name()])),
	]
	const all = every(commandTree(), [])
	test('for each command and no other', () => {
		expect(Object.keys(helpEntries).toSorted()).toEqual(all.map(({ words }) => words.join(' ')).toSorted())
	})
	for (const [name, { examples, page }] of Object.entries(helpEntries))
		test(name === '' ? 'dragoman' : name, async () => {
			expect(examples.length).toBeGreaterThan(0)
			for (const example of examples) {
				const call = /dragoman ([^|)>]*)/.exec(example)?.[1] ?? ''
				const leaf = all
					.toSorted((a, b) => b.words.length - a.words.length)
					.find(({ words }) => words.every((word, index) => call.split(' ')[index] === word))
				expect([example, leaf === undefined ? '' : leaf.words.join(' ').startsWith(name)]).toEqual([example, true])
				for (const [flag] of (call.split(' -- ')[0] ?? '').matchAll(/(?<= )--[a-z-]+/g))
					expect([example, leaf?.command.options.map(({ long }) => long)]).toEqual([
						example,
						expect.arrayContaining([flag]),
					])
			}
			const [file = '', anchor] = page.split('#')
			const text = await Bun.file(join(root, 'docs', file)).text()
			const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
				title
					.toLowerCase()
					.replace(/[^\w\- ]/g, '')
					.replaceAll(' ', '-'),
			)
			if (anchor !== undefined) expect(anchors).toContain(anchor)
		})
})
