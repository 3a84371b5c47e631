// The npm package: what a user downloads.

import { describe, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import type { Command } from 'commander'
import { readSource } from '../scripts/source-text.ts'
import { commandTree } from './command-tree.ts'
import { root, runProcess, startServer } from './server.ts'

test('contains the program, the page and the documentation, and no tests', async () => {
	const built = await runProcess([process.execPath, join('scripts', 'build-page.ts')], { cwd: root })
	expect(built.status).toBe(0)
	const { stdout, status } = await runProcess(['npm', 'pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
	expect(status).toBe(0)
	const parsed: unknown = JSON.parse(stdout)
	const [first] = Array.isArray(parsed) ? parsed : Object.values(Object(parsed))
	const paths: readonly string[] = first.files.map(({ path }: { path: string }) => path)
	expect(paths).toEqual(
		expect.arrayContaining([
			'bin/dragoman.mjs',
			'src/main.ts',
			'models/tiny-chat-q8_0.gguf',
			'docs/commands.md',
			'docs/how-to/laptop.md',
			'deploy/Dockerfile',
			'README.md',
			'LICENSE',
		]),
	)
	expect(paths.some((path) => path.startsWith('dist/page/'))).toBe(true)
	expect(paths.filter((path) => /\.(test|testing|contract)\./.test(path))).toEqual([])
	expect(paths.filter((path) => /^(test|console|scripts|bench|\.cache)\//.test(path))).toEqual([])
	// Every import of a packaged file is packaged.
	const known = new Set(paths)
	const missing: string[] = []
	for (const path of paths.filter((one) => /^(src|bin)\/.*\.m?[jt]s$/.test(one))) {
		const text = await Bun.file(join(root, path)).text()
		for (const [, target = ''] of text.matchAll(/(?:from|import\(?)\s*'(\.[^']+)'/g)) {
			const file = join(path, '..', target)
			if (!known.has(file)) missing.push(`${path} imports ${file}`)
		}
	}
	expect(missing).toEqual([])
})

/** Commands that would download a package of that name, which anyone may have published, and run it. */
const downloads =
	/\b(?:npx|bunx|pnpx|npm (?:exec|x)|pnpm (?:dlx|exec)|yarn (?:dlx|exec)) (?!--no-install )(?:-\S+ )*dragoman\b/

describe('no text names a command that a package manager would fetch from its registry', () => {
	test('in the source, where the name may be in a variable', async () => {
		const found: string[] = []
		for (const file of new Glob('{src,bin,scripts,console}/**/*.{ts,tsx,mjs}').scanSync(root)) {
			const { texts } = readSource(await Bun.file(join(root, file)).text())
			if (texts.some(({ text }) => /\b(?:npx|bunx) (?!--no-install)/.test(text))) found.push(file)
		}
		expect(found).toEqual([])
	})
	test('in any file of the repository that people read', async () => {
		const { stdout } = await runProcess(['git', 'ls-files'], { cwd: root })
		const files = stdout.split('\n').filter((file) => /\.(md|ya?ml|json|txt|html|service|sh|py)$|Dockerfile/.test(file))
		expect(files.length).toBeGreaterThan(50)
		const found: string[] = []
		for (const file of files) if (downloads.test(await Bun.file(join(root, file)).text())) found.push(file)
		expect(found).toEqual([])
	})
	test('in any output of --help', async () => {
		const every = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(every)]
		for (const command of every(commandTree())) {
			let text = ''
			command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
			expect(text).toContain('Examples:')
			expect(text).toMatch(/\nDocumentation: \S+\/docs\/\S+\.md(#\S+)?\n/)
			expect({ command: command.name(), text: downloads.exec(text)?.[0] }).toEqual({
				command: command.name(),
				text: undefined,
			})
		}
	})
	test('in the welcome text and in the log of a server', async () => {
		const server = await startServer()
		expect(server.output()).toContain('Create another API key:')
		await server.stop()
		expect(server.output() + server.log()).not.toMatch(downloads)
	})
	test.each([
		['npx dragoman serve', true],
		['npx -y dragoman', true],
		['npm exec dragoman serve', true],
		['bunx dragoman', true],
		['npx --no-install dragoman serve', false],
		['npx --no-install dragoman', false],
		['node bin/dragoman.mjs serve', false],
	])('%s: %p', (text, expected) => expect(downloads.test(text)).toBe(expected))
})

test('links between the pages of the documentation and the examples lead to files of the package', async () => {
	const { stdout } = await runProcess(['npm', 'pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root })
	const parsed: unknown = JSON.parse(stdout)
	const [first] = Array.isArray(parsed) ? parsed : Object.values(Object(parsed))
	const known: ReadonlySet<string> = new Set(first.files.map(({ path }: { path: string }) => path))
	const broken: string[] = []
	for (const file of [...known].filter((path) => /^docs\/.*\.md$/.test(path))) {
		const text = (await Bun.file(join(root, file)).text()).replace(/^```[\s\S]*?^```/gm, '')
		for (const [, target = ''] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
			const path = join(dirname(file), target).replace(/\/$/, '')
			// Results of measurements are for developers.
			if (/^[a-z]+:/.test(target) || path.startsWith('bench/')) continue
			if (!known.has(path) && ![...known].some((one) => one.startsWith(`${path}/`))) broken.push(`${file}: ${target}`)
		}
	}
	expect(broken).toEqual([])
})
