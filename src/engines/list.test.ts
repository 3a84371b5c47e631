// What every engine must have beside its code: its line in list.ts, the contract, a description of each option. It starts no engine.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { Glob } from 'bun'
import { z } from 'zod'
import { engineKinds } from './list.ts'

const root = join(import.meta.dir, '..', '..')
const names = Object.keys(engineKinds).toSorted()

test('every folder with a kind.ts is in src/engines/list.ts, under its name', () => {
	const folders = [...new Glob('*/kind.ts').scanSync(import.meta.dir)].map((file) => file.split('/')[0])
	expect(folders.toSorted()).toEqual(names)
})

test('every engine runs the contract: a test in its folder, or one in test/ that imports it, calls engineContract()', async () => {
	const tests: { readonly file: string; readonly source: string }[] = []
	for (const pattern of ['src/engines/*/*.test.ts', 'test/*.test.ts'])
		for (const file of new Glob(pattern).scanSync(root)) {
			const source = await Bun.file(join(root, file)).text()
			if (/^\s*engineContract\(/m.test(source)) tests.push({ file, source })
		}
	const without = names.filter(
		(name) =>
			!tests.some(
				({ file, source }) => file.startsWith(`src/engines/${name}/`) || source.includes(`/src/engines/${name}/`),
			),
	)
	expect(without).toEqual([])
})

test('every option has a description, which the JSON Schema of the configuration shows: .describe()', () => {
	const without = Object.entries(engineKinds).flatMap(([name, { options }]) =>
		Object.entries(z.toJSONSchema(options, { io: 'input' }).properties ?? {}).flatMap(([option, schema]) =>
			typeof schema === 'object' && schema.description !== undefined ? [] : [`${name}.${option}`],
		),
	)
	expect(without).toEqual([])
})
