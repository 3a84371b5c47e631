// The npm package: what a user downloads.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { readSource } from '../scripts/source-text.ts'
import { root, runProcess } from './server.ts'

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

test('no text names a command that npx would fetch from the registry', async () => {
	const found: string[] = []
	for (const file of new Glob('{src,bin,scripts}/**/*.{ts,mjs}').scanSync(root)) {
		const { texts } = readSource(await Bun.file(join(root, file)).text())
		if (texts.some(({ text }) => /\bnpx (?!--no-install)/.test(text))) found.push(file)
	}
	for (const file of new Glob('{docs/*.md,README.md}').scanSync(root))
		if (/\bnpx (?!--no-install)dragoman/.test(await Bun.file(join(root, file)).text())) found.push(file)
	expect(found).toEqual([])
})
