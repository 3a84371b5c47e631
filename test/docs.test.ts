// The documentation, held against the program: what one knows the other has to know.

import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { chatErrorKinds } from '../src/chat/error.ts'
import { buildProgram } from '../src/cli/program.ts'
import { loadConfig } from '../src/config/load.ts'
import { configSchema } from '../src/config/schema.ts'
import { engineKinds } from '../src/engines/list.ts'
import { presets } from '../src/engines/openai-compatible/presets.ts'
import { defaultChatRequestForm } from '../src/wire/openai/chat-request-form.ts'
import { root, runCommand, temporaryFolder } from './server.ts'

const pages = [
	'README.md',
	'ARCHITECTURE.md',
	'CONTRIBUTING.md',
	'CHANGELOG.md',
	'models/README.md',
	...list('docs'),
	...list('decisions'),
]
/** Pages in folders of docs/, whose blocks test/docs checks. */
const guides = readdirSync(join(root, 'docs'), { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.flatMap(({ name }) => list(`docs/${name}`))
const read = (page: string) => Bun.file(join(root, page)).text()
const docs = (await Promise.all(list('docs').map(read))).join('\n')

function list(folder: string): readonly string[] {
	return readdirSync(join(root, folder))
		.filter((name) => name.endsWith('.md'))
		.map((name) => `${folder}/${name}`)
}

const program = buildProgram({
	environment: {},
	version: '0',
	command: [],
	print: () => undefined,
	terminal: false,
	printStatus: () => undefined,
})

/** Every command with the words that call it. */
function* commands(
	command: Command,
	words: readonly string[],
): Generator<readonly [words: readonly string[], command: Command]> {
	yield [words, command]
	for (const child of command.commands) yield* commands(child, [...words, child.name()])
}
const all = [...commands(program, ['dragoman'])]

describe('every command', () => {
	for (const [words, command] of all) {
		if (words.length > 1) {
			test(`${words.join(' ')} is documented, with its options`, () => {
				const group = `dragoman ${words[1]}`
				const missing = [
					group,
					words.at(-1) ?? '',
					...command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? ''),
				].filter((word) => !docs.includes(word))
				expect(missing).toEqual([])
			})
		}
		test(`${words.join(' ')} --help`, async () => {
			const { status, stdout } = await runCommand([...words.slice(1), '--help'])
			expect(status).toBe(0)
			expect(stdout).toContain(`Usage: ${words.join(' ')}`)
		})
	}
	test('that does not exist exits with status 2', async () => {
		expect((await runCommand(['nonsense'])).status).toBe(2)
		expect((await runCommand(['serve', '--nonsense'])).status).toBe(2)
	})
	test('that the documentation names exists', () => {
		const known = new Set(all.map(([words]) => words.slice(1).join(' ')))
		for (const [, first = '', second = ''] of docs.matchAll(
			/dragoman (serve|engine|keys|usage|models|migrate|copy|backup|restore|config|init|doctor|chat|run|launch|status|completion)(?: (install|create|list|show|revoke|pull|remove|check|schema|import))?\b/g,
		))
			expect(known).toContain([first, second].filter((word) => word !== '').join(' '))
	})
})

describe('every field of the configuration', async () => {
	const page = await read('docs/configuration.md')
	const schema: unknown = z.toJSONSchema(configSchema, { io: 'input' })
	const models = leaves(at(schema, 'properties', 'models', 'additionalProperties'))
	const [anyUpstream] = listOf(at(schema, 'properties', 'upstreams', 'additionalProperties', 'oneOf'))
	const routing = leaves(anyUpstream).filter((field) =>
		/^(strictness$|(concurrency|breaker|health|models)\.)/.test(field),
	)
	const sections: readonly (readonly [title: string, fields: readonly string[]])[] = [
		['## The file', leaves(schema).filter((field) => !/^(models|upstreams)\./.test(field))],
		['## A model', models],
		['## An upstream', routing],
		...Object.entries(engineKinds).map(
			([name, { options }]) => [`### ${name}`, leaves(z.toJSONSchema(options, { io: 'input' }))] as const,
		),
	]
	for (const [title, fields] of sections)
		test(`${title} has exactly one row for each`, () => {
			const [section = ''] = page.split(`${title}\n`)[1]?.split(/\n#+ /) ?? []
			const rows = [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, field]) => field ?? '')
			expect(rows.toSorted()).toEqual([...fields].toSorted())
		})
	for (const engine of Object.keys(engineKinds))
		test(`engine ${engine}`, async () => expect(page.includes(`### ${engine}\n`)).toBe(true))
	for (const [name, options] of Object.entries(presets))
		test(`preset ${name}, with what it sets`, () => {
			const [line = ''] = page.split('\n').filter((one) => one.startsWith('- ') && one.includes(`\`${name}\``))
			const listed = [...line.matchAll(/`(\w+): ([\w-]+)`/g)].map(([, option = '', value = '']) => [option, value])
			const values = Object.entries(options).map(([option, value]) => [option, String(value)])
			const isDefault = ([option = '', value = '']: readonly string[]) =>
				Object.entries(defaultChatRequestForm).some(([one, usual]) => one === option && String(usual) === value)
			expect(listed.toSorted()).toEqual(values.filter((entry) => !isDefault(entry)).toSorted())
		})
	test('variables of the environment', async () => {
		for (const name of ['DRAGOMAN_LISTEN', 'DRAGOMAN_DATA', 'DRAGOMAN_CONFIG', 'DRAGOMAN_ADMIN_KEY'])
			expect(page.includes(name)).toBe(true)
	})
})

/** Fields that hold a value, by their dotted names. Maps by name, and lists, are one field. */
function leaves(schema: unknown): readonly string[] {
	return Object.entries(Object(at(schema, 'properties'))).flatMap(([name, field]) =>
		at(field, 'properties') === undefined ? [name] : leaves(field).map((inner) => `${name}.${inner}`),
	)
}

function at(value: unknown, ...path: readonly string[]): unknown {
	return path.reduce<unknown>((inner, name) => Reflect.get(Object(inner), name), value)
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : []
}

test('every configuration in the documentation and the examples is valid', async () => {
	let checked = 0
	const folder = await temporaryFolder()
	const texts = [
		...(await Promise.all(pages.map(read))).flatMap((text) =>
			[...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml),
		),
	]
	for (const name of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.yaml')))
		texts.push(await read(`examples/${name}`))
	for (const yaml of texts) {
		const file = join(folder, `${checked++}.yaml`)
		// A part of a file, as for one section, needs no models to be an example of that section.
		await Bun.write(file, /^models:/m.test(yaml) ? yaml : `${yaml}\nmodels: embedded\n`)
		const variables = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'an-example'] as const)
		await loadConfig({ file, overrides: {}, environment: Object.fromEntries(variables) })
	}
	expect(checked).toBeGreaterThan(3)
})

test('every kind of error is documented', () => {
	for (const kind of chatErrorKinds) expect(docs).toContain(`| \`${kind}\` |`)
})

test('every page of docs/ starts with an example', async () => {
	for (const page of [...list('docs'), ...guides]) {
		const lines = (await read(page)).replace(/<!--[\s\S]*?-->\n/g, '').split('\n')
		// A page that moved only names its new location.
		if (lines.length > 5) expect([page, lines.slice(0, 6).some((line) => line.startsWith('```'))]).toEqual([page, true])
	}
})

test('every link leads to a file, and to a heading of it', async () => {
	let links = 0
	for (const page of [...pages, ...guides]) {
		for (const [, target = '', anchor] of (await read(page)).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
			if (/^[a-z]+:/.test(target)) continue
			links++
			const path = target === '' ? join(root, page) : join(root, dirname(page), target)
			const exists =
				(await Bun.file(path).exists()) ||
				readdirSync(dirname(path)).includes(target.replace(/\/$/, '').split('/').at(-1) ?? '')
			if (!exists) throw new Error(`${page} links to ${target}`)
			if (anchor !== undefined && path.endsWith('.md') && !anchorsOf(await Bun.file(path).text()).has(anchor))
				throw new Error(`${page} links to #${anchor} of ${target}`)
		}
	}
	expect(links).toBeGreaterThan(10)
})

/** As GitHub derives them from headings. */
function anchorsOf(markdown: string): ReadonlySet<string> {
	const text = markdown.replace(/^```[\s\S]*?^```/gm, '')
	return new Set(
		[...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
			heading
				.toLowerCase()
				.replace(/[^\p{L}\p{N}_ -]/gu, '')
				.replaceAll(' ', '-'),
		),
	)
}

test('the README shows the page, with a text for those who cannot see it', async () => {
	const [, text = '', file = ''] = /!\[([^\]]*)\]\(([^)]+\.png)\)/.exec(await read('README.md')) ?? []
	expect(text.split(' ').length).toBeGreaterThan(4)
	const bytes = await Bun.file(join(root, file)).bytes()
	expect(String.fromCharCode(...bytes.slice(1, 4))).toBe('PNG')
	expect(bytes.length).toBeWithin(20_000, 200_000)
})

test('every page of docs/ is in the index', async () => {
	const index = await read('docs/README.md')
	const missing = [...list('docs'), ...guides]
		.map((page) => page.slice('docs/'.length))
		.filter((page) => !['README.md', 'accounts.md'].includes(page) && !index.includes(`](${page}`))
	expect(missing).toEqual([])
})

test('every npm script in the documentation exists', async () => {
	const { scripts } = (await Bun.file(join(root, 'package.json')).json()) as { scripts: Record<string, string> }
	for (const page of [...pages, ...guides])
		for (const [, script = ''] of (await read(page)).matchAll(/npm run ([\w:]+)/g))
			expect(Object.keys(scripts)).toContain(script)
})
