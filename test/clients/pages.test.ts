// Pages of the documentation that need the Python clients are followed: the programs of docs/migrate after the change, in
// Python and in TypeScript.

import { expect, test } from 'bun:test'
import { loadPage, pagePaths } from '../docs/documented-pages.ts'
import { runPage } from '../docs/page-run.ts'

if (process.env.DRAGOMAN_TEST_PYTHON === undefined)
	test.skip('pages that need the Python clients: they are not installed', () => undefined)
else {
	const pages = await Promise.all(pagePaths().map(([path, marked]) => loadPage(path, marked)))
	const needing = pages.filter(({ needs }) => needs.includes('python'))
	test('there are such pages', () => expect(needing.length).toBeGreaterThan(0))
	for (const page of needing) test(page.path, () => runPage(page), 120_000)
}
