// The pages of docs/migrate: their programs before and after the change, and what their tables say. pages.test.ts follows
// the pages themselves.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import OpenAI from 'openai'
import { listAt } from '../dialect-clients/dialect-client.ts'
import { root, runProcess } from '../server.ts'
import { albert } from './differences/albert.ts'
import { alephAlpha } from './differences/aleph-alpha.ts'
import {
	type DifferenceChecks,
	type DifferencesServer,
	startDifferencesServer,
} from './differences/differences-server.ts'
import { egp } from './differences/egp.ts'
import { openai } from './differences/openai.ts'
import { opengatellm } from './differences/opengatellm.ts'

const checksByPage: Readonly<Record<string, DifferenceChecks>> = {
	'openai.md': openai,
	'albert.md': albert,
	'opengatellm.md': opengatellm,
	'egp.md': egp,
	'aleph-alpha.md': alephAlpha,
}
const texts = Object.fromEntries(
	await Promise.all(
		Object.keys(checksByPage).map(async (page) => [page, await Bun.file(join(root, 'docs', 'migrate', page)).text()]),
	),
) as Readonly<Record<string, string>>

const comments = { python: '  # changed', typescript: ' // changed' } as const
type Language = keyof typeof comments

interface ChangedProgram {
	readonly language: Language
	readonly before: readonly string[]
	readonly after: readonly string[]
}

/** The programs of a page that have the labels "Before" and "After". */
function changedPrograms(text: string): readonly ChangedProgram[] {
	const labelled = /\b(Before|After)\b[^\n]*:\n\n(?:<!--[^\n]*-->\n\n)?```(python|typescript)\n([\s\S]*?)\n```/g
	const blocks = [...text.matchAll(labelled)].map(([, label, language, code = '']) => ({
		label,
		language: language === 'python' ? ('python' as const) : ('typescript' as const),
		lines: code.split('\n'),
	}))
	return blocks.flatMap((block, index) => {
		const next = blocks[index + 1]
		if (block.label === 'After') return []
		if (next?.label !== 'After') throw new Error(`no program after the change for ${block.lines.join('\n')}`)
		return [{ language: block.language, before: block.lines, after: next.lines }]
	})
}

/** First cells of the table of differences. */
function differenceRows(text: string): readonly string[] {
	const [, section = ''] = text.split('## Differences\n')
	const [head = '', , ...rows] = section.split('\n').filter((line) => line.startsWith('|'))
	expect(head).toMatch(/^\| you use \| [^|]+ \| Dragoman \| do \|$/)
	return rows.map((row) => {
		const cells = row.split(' | ')
		expect([row, cells.length]).toEqual([row, 4])
		return (cells[0] ?? '').slice(2)
	})
}

let server: DifferencesServer
beforeAll(async () => {
	server = await startDifferencesServer()
})
afterAll(() => server.stop())

for (const [page, checks] of Object.entries(checksByPage))
	describe(page, () => {
		const text = texts[page] ?? ''
		const programs = changedPrograms(text)

		test('has every part', () => {
			const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
			for (const title of ['Names of models', 'Server and key', 'Python', 'TypeScript', 'Differences', 'Going back'])
				expect(titles).toContain(title)
			expect(titles.some((title) => title?.startsWith('Existing'))).toBe(true)
			expect(new Set(programs.map(({ language }) => language))).toEqual(new Set(['python', 'typescript']))
		})

		test('only the lines with the comment `changed` differ', () => {
			for (const { language, before, after } of programs) {
				const comment = comments[language]
				expect(after.length).toBe(before.length)
				const changed = after.flatMap((line, index) => (line === before[index] ? [] : [line]))
				expect(changed).toEqual(after.filter((line) => line.endsWith(comment)))
				expect(changed.length).toBeGreaterThan(0)
				expect(changed.length).toBeLessThanOrEqual(2)
				expect(before.join('\n')).not.toMatch(/127\.0\.0\.1|dgm-/)
				expect(changed.join('\n')).toMatch(/http:\/\/127\.0\.0\.1:8080/)
				expect(changed.join('\n')).toMatch(/dgm-…/)
			}
		})

		test('programs before the change have no fault of syntax', async () => {
			const transpiler = new Bun.Transpiler({ loader: 'ts' })
			for (const { language, before } of programs)
				if (language === 'typescript') transpiler.transformSync(before.join('\n'))
			const python = programs.filter(({ language }) => language === 'python').map(({ before }) => before.join('\n'))
			const parse = 'import ast, sys\nfor code in sys.argv[1:]: ast.parse(code)'
			expect(await runProcess(['python3', '-c', parse, ...python])).toMatchObject({ status: 0, stderr: '' })
		})

		test('the first example is what changes', () => {
			const [, example = ''] = /```\w+\n([\s\S]*?)\n```/.exec(text) ?? []
			const programLines = programs.flatMap(({ after }) => after).join('\n')
			for (const line of example.split('\n')) if (!line.startsWith('export ')) expect(programLines).toContain(line)
		})

		test('every difference has a check', () => {
			expect(differenceRows(text)).toEqual(Object.keys(checks))
		})

		for (const [row, check] of Object.entries(checks))
			if (typeof check === 'function') test(row, () => check(server))
			else test.skip(`${row} (${check.unchecked})`, () => {})
	})

test("albert.md: OpenAI's SDK continues a conversation", async () => {
	const client = new OpenAI({ baseURL: `${server.url}/albert/v1`, apiKey: server.key })
	const ask = (content: string, more: object) =>
		client.chat.completions.create({
			model: 'AgentPublic/llama3-instruct-8b',
			user: 'sdk',
			messages: [{ role: 'user', content }],
			...more,
		})
	const { id } = await ask('Salut Albert !', {})
	expect((await ask('Quel est mon précédent message ?', { id })).id).toBe(id)
	const { body } = await server.send(`/albert/v1/chat/history/sdk/${id}`)
	expect(listAt(body, 'messages').length).toBe(4)
})

test('openai.md: a program without address and key in its code moves by two variables', async () => {
	const text = texts['openai.md'] ?? ''
	const [, example = ''] = /```sh\n(export [\s\S]*?)```/.exec(text) ?? []
	const variables = Object.fromEntries(
		[...example.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [
			name,
			value.replace('http://127.0.0.1:8080', server.url).replace('dgm-…', server.key),
		]),
	)
	const [program] = changedPrograms(text).filter(({ language }) => language === 'typescript')
	const code = program?.before.join('\n').replace(/new OpenAI\(.*\)/, 'new OpenAI()') ?? ''
	const argv = [process.execPath, '-e', code]
	const { status, stdout, stderr } = await runProcess(argv, { cwd: root, env: { ...process.env, ...variables } })
	expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'Say good morning.', stderr: '' })
})
