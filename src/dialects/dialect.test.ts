// Runs the contract suite for every dialect in list.ts, and fails for a dialect that has no sample, no documentation
// page or no table of features.

import { describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { dialectContract } from './dialect.contract.ts'
import type { DialectSample } from './dialect-sample.testing.ts'
import { dialects } from './list.ts'
import { dialectNames } from './names.ts'

const docs = join(import.meta.dir, '..', '..', 'docs')
const headings = async (page: string) =>
	Array.from((await Bun.file(join(docs, page)).text()).matchAll(/^## (.+)$/gm), ([, heading]) => heading)

test('every folder with a dialect is in src/dialects/list.ts', () => {
	const folders = [...new Glob('*/*.ts').scanSync(import.meta.dir)].flatMap((file) => {
		const [folder, name] = file.split('/')
		return folder !== undefined && name === `${folder}.ts` ? [folder] : []
	})
	expect(folders.toSorted()).toEqual(dialects.map(({ name }) => name).toSorted())
})

test('src/dialects/names.ts has the names of the dialects, in their order', () => {
	expect<readonly string[]>(dialectNames).toEqual(dialects.map(({ name }) => name))
})

for (const dialect of dialects) {
	const { name } = dialect
	const file = join(import.meta.dir, name, `${name}.contract.ts`)
	describe(`dialect ${name}`, () => {
		test(`has a sample for the contract suite, ${name}/${name}.contract.ts`, () => expect(existsSync(file)).toBe(true))
		test(`has a page, docs/${name}.md, that docs/dialects.md links to`, async () => {
			expect(existsSync(join(docs, `${name}.md`))).toBe(true)
			expect(await Bun.file(join(docs, 'dialects.md')).text()).toContain(`(${name}.md)`)
		})
		test('has a table of its features in docs/fidelity.md, generated from its client in test/dialect-clients/list.ts', async () => {
			expect(await headings('fidelity.md')).toContain(name)
		})
	})
	if (!existsSync(file)) continue
	const { sample }: { readonly sample: DialectSample } = await import(file)
	test(`the sample of ${name} is its own`, () => expect(sample.dialect).toBe(dialect))
	dialectContract(sample)
}

/** Files of the domain that dialects may run; of all others they may only import types. */
const codecsOfDomain: readonly string[] = [
	'conversations/conversation-id.ts',
	'conversations/share-id.ts',
	'conversations/message-id.ts',
	'conversations/conversation-time.ts',
	'conversations/search-length.ts',
	'conversations/turn-id.ts',
	'keys/key.ts',
	'keys/service.ts',
	'ledger/entry.ts',
]

test('dialects import no store, and only types and ids of the domain', async () => {
	const violations: string[] = []
	for await (const file of new Glob('**/*.ts').scan(import.meta.dir)) {
		if (/\.(test|testing|contract)\.ts$/.test(file)) continue
		const source = await Bun.file(join(import.meta.dir, file)).text()
		for (const [, kind, path = ''] of source.matchAll(
			/^import (type )?[^'\n]*'(?:\.\.\/)+((?:conversations|keys|ledger|limits)\/[^']+)'/gm,
		))
			if (path.endsWith('-store.ts') || (kind === undefined && !codecsOfDomain.includes(path)))
				violations.push(`${file} imports ${path}`)
	}
	expect(violations).toEqual([])
})
