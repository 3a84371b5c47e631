// Every page of the documentation is followed: its blocks are run, compared and checked as their marks say.

import { describe, expect, test } from 'bun:test'
import { rejection } from '../../src/system/rejection.testing.ts'
import { loadPage, missingNeed, pagePaths, partNeeds } from './documented-pages.ts'
import { readPage } from './page-blocks.ts'
import { runPage } from './page-run.ts'

describe('every page works when it is followed', async () => {
	for (const [path, marked] of pagePaths()) {
		const { page, fault } = await loadPage(path, marked).then(
			(page) => ({ page, fault: undefined }),
			(fault: unknown) => ({ page: undefined, fault }),
		)
		if (page === undefined) {
			test(path, () => {
				throw fault
			})
			continue
		}
		if (page.needs.some((need) => partNeeds.has(need))) continue
		const missing = page.needs.map(missingNeed).find((reason) => reason !== undefined)
		test.skipIf(missing !== undefined)([path, missing].filter(Boolean).join(': '), () => runPage(page), 300_000)
	}
})

describe('a page', () => {
	const follow = (...lines: readonly string[]) => runPage(readPage('page.md', lines.join('\n')))
	const server = [
		'<!-- file: dragoman.yaml -->',
		'```yaml',
		'models: { echo: { route: echo } }',
		'upstreams: { echo: { engine: echo } }',
		'```',
		'<!-- run: background -->',
		'```sh',
		'dragoman serve --config dragoman.yaml',
		'```',
		'```sh',
		'KEY=$(npx --no-install dragoman keys create --name me)',
		'```',
	]
	const question = `curl -s http://127.0.0.1:8080/v1/chat/completions -H "authorization: Bearer $KEY" -d '{"model": "echo", "messages": [{"role": "user", "content": "Good morning"}]}'`

	test('starts a server, keeps the variables of its shell, and expects what is printed', () =>
		follow(
			...server,
			'```sh',
			question,
			'```',
			'```json',
			'{ "model": "echo", "choices": [{ "message": { "content": "Good morning", "…": "…" }, "…": "…" }], "…": "…" }',
			'```',
			'```sh',
			'curl -s http://127.0.0.1:8080/health',
			'echo; echo $((6 * 7))',
			'```',
			'```text',
			'…',
			'4…',
			'```',
			'<!-- stop: server -->',
			'<!-- run: status 7 -->',
			'```sh',
			'curl -s http://127.0.0.1:8080/health',
			'```',
		))
	test('talks to stand-ins of its upstreams, until they stop', () =>
		follow(
			'<!-- stand-in: http://127.0.0.1:8000, model small -->',
			'```sh',
			'curl -s http://127.0.0.1:8000/v1/models | grep -o \'"id":"small"\'',
			'```',
			'<!-- stop: http://127.0.0.1:8000 -->',
			'<!-- run: status 7 -->',
			'```sh',
			'curl -s http://127.0.0.1:8000/v1/models',
			'```',
		))
	test('continues a program in TypeScript, and prints only what is new', () =>
		follow(
			'```ts',
			"console.log('first')",
			'const two = 2',
			'```',
			'```text',
			'first',
			'```',
			'<!-- run: continued -->',
			'```ts',
			'console.log(two + 1)',
			'```',
			'```text',
			'3',
			'```',
		))
	test('is refused at a command that fails', async () => {
		expect((await rejection(follow('```sh', 'true', 'false', 'true', '```'))).message).toContain(
			'page.md:1: ended with status 1',
		)
	})
	test('is refused at a response with an error', async () => {
		const page = follow(
			'<!-- stand-in: http://127.0.0.1:8000 -->',
			'```sh',
			'curl -s http://127.0.0.1:8000/v1/none',
			'```',
		)
		expect((await rejection(page)).message).toContain('page.md:2: ended with status 22')
	})
	test('is refused at another output', async () => {
		expect((await rejection(follow('```sh', 'echo one', '```', '```text', 'two', '```'))).message).toContain(
			'expected:\ntwo\nprinted:\none',
		)
	})
	test('is refused at an invalid configuration', async () => {
		expect((await rejection(follow('<!-- config -->', '```yaml', 'lisen: 1', '```'))).message).toContain('lisen')
	})
	test.each([
		[
			'a block without a mark',
			['```nginx', 'server {}', '```'],
			'page.md:1: this block of "nginx" has neither a test nor a reason',
		],
		['a configuration without a mark', ['```yaml', 'a: 1', '```'], 'neither a test nor a reason'],
		['no reason', ['<!-- not run -->', '```sh', 'true', '```'], 'needs a reason'],
		['an unknown mark', ['<!-- runs -->', '```sh', 'true', '```'], 'there is no mark "runs"'],
		[
			'an unknown way to run',
			['<!-- run: later -->', '```sh', 'true', '```'],
			'there is no way to run a block called "later"',
		],
		['a mark without a block', ['<!-- not run: needs a GPU -->'], 'has no block after it'],
		['an output of nothing', ['```text', 'one', '```'], 'needs a block before it'],
	] as const)('is refused with %s', (_, lines, message) => {
		expect(() => readPage('page.md', lines.join('\n'))).toThrow(message)
	})
})
