import { expect, test } from 'bun:test'
import { emptySchema } from '../state/schema-rows.ts'
import { readToolFile, readTools } from './read-tools.ts'

const parameters = { type: 'object', properties: { a: { type: 'string' } } }
const tool = { name: 'look_up', description: 'Looks.', parameters }

test('tools are read in the forms of this page and of requests', async () => {
	const forms: readonly unknown[] = [
		[tool],
		{ tools: [tool] },
		[{ type: 'function', function: tool }],
		{ model: 'a', tools: [{ type: 'function', ...tool, strict: false }] },
	]
	for (const form of forms) expect(readTools(JSON.stringify(form))).toEqual({ tools: [tool], leftOut: 0 })
	expect(readTools(`\uFEFF${JSON.stringify([tool])}`)?.tools).toEqual([tool])
	expect(readTools('[{"name": "plain"}]')?.tools).toEqual([{ name: 'plain', description: '', parameters: emptySchema }])
})

test('entries that are no function tools are counted, and files without any are refused', async () => {
	const others = [null, 1, 'look', { name: 'a b' }, { type: 'web_search', name: 'web' }, { description: 'x' }]
	expect(readTools(JSON.stringify([...others, tool]))).toEqual({ tools: [tool], leftOut: others.length })
	for (const content of ['', '{', 'null', '[]', '{}', '{"tools": {}}', JSON.stringify(others)])
		expect([content, readTools(content)]).toEqual([content, undefined])
	const padded = `${JSON.stringify([tool])}${' '.repeat(1_000_000)}`
	expect(await readToolFile(new Blob([padded]))).toBeUndefined()
	expect(await readToolFile(new Blob([padded.trim()]))).toEqual({ tools: [tool], leftOut: 0 })
})
