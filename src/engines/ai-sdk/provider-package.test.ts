// Finding packages, and the errors for packages that cannot be used. The packages are in temporary folders.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../system/clock.ts'
import { rejection } from '../../system/rejection.testing.ts'
import { openAiSdk } from './ai-sdk.ts'
import { openProvider } from './provider-package.ts'
import { optionRedactor } from './redaction.ts'

const folder = await mkdtemp(join(tmpdir(), 'packages-'))
afterAll(() => rm(folder, { recursive: true }))

/** Installs a package whose entry is `code`. */
async function install(name: string, code: string, base = folder): Promise<void> {
	const own = join(base, 'node_modules', name)
	await mkdir(own, { recursive: true })
	const exports = { '.': './index.mjs', './other': './other.mjs' }
	await Bun.write(join(own, 'package.json'), JSON.stringify({ name, version: '1.0.0', exports }))
	await Bun.write(join(own, 'index.mjs'), code)
	await Bun.write(join(own, 'other.mjs'), code.replaceAll('one', 'other'))
}

const provider = (version: string) =>
	`(options) => ({ options, name: 'one', languageModel: () => ({ specificationVersion: '${version}', doStream() {}, doGenerate() {} }) })`
await install(
	'good',
	`export const createGood = ${provider('v3')}; export const createAlias = createGood; export const VERSION = '1'`,
)
await install('@scope/two', `export const createA = ${provider('v3')}; export const createB = ${provider('v2')}`)
await install('none', 'export const create = 1; export const creature = () => ({})')
await install('odd', 'export const createOdd = () => ({ chat() {} })')
await install('refusing', "export const createRefusing = ({ key }) => { throw new Error('bad key ' + key) }")
await install('future', `export const createFuture = ${provider('v9')}`)

const open = (name: string, changes: object = {}) =>
	openProvider({ package: name, options: { a: 1 }, ...changes }, [folder])
const failing = async (name: string, changes: object = {}) => {
	const thrown = await open(name, changes).catch((error: unknown) => error)
	return thrown instanceof Error ? thrown.message : 'opened'
}

describe('a package', () => {
	test('is found by name, its export by convention, and receives its options', async () => {
		expect(await open('good')).toMatchObject({ options: { a: 1 }, name: 'one' })
	})
	test('may be a path that the package exports', async () => {
		expect(await open('good/other')).toMatchObject({ name: 'other' })
	})
	test('is searched in parent folders; the first folder takes precedence', async () => {
		const inner = join(folder, 'a', 'b')
		await mkdir(inner, { recursive: true })
		expect(await openProvider({ package: 'good', options: {} }, [inner])).toMatchObject({ name: 'one' })
		await install('good', `export const createGood = ${provider('v3')}`.replace("'one'", "'inner'"), inner)
		expect(await openProvider({ package: 'good', options: {} }, [inner, folder])).toMatchObject({ name: 'inner' })
	})
	test('that exports several providers requires a choice', async () => {
		expect(await failing('@scope/two')).toBe(
			"the package @scope/two exports several functions that create a provider; set 'create' to one of: createA, createB",
		)
		expect(await open('@scope/two', { create: 'createB' })).toMatchObject({ name: 'one' })
	})
	test('that is not installed is reported with the command to install it', async () => {
		expect(await failing('@scope/absent/deep')).toBe(
			`the package @scope/absent/deep is not installed; install it with: npm install --prefix ${folder} @scope/absent`,
		)
	})
	test('that does not create a provider is reported', async () => {
		expect(await failing('none')).toContain("no export that creates a provider; set 'create' to the name of one")
		expect(await failing('good', { create: 'createBad' })).toContain("does not export a function 'createBad'")
		expect(await failing('odd')).toContain("'createOdd' of the package odd does not create a provider")
		expect(await failing('refusing', { options: { key: 'sk-secret' } })).toBe(
			'the package refusing rejected its options: bad key ***',
		)
	})
	test('with an unknown version, or without the configured method, is rejected on start', async () => {
		const engine = async (name: string, method?: string) =>
			openAiSdk({
				service: 'acme',
				provider: await open(name),
				model: 'm',
				timeouts: { firstByteMs: 10, betweenChunksMs: 10, totalMs: 10 },
				clock: systemClock,
				redact: (text) => text,
				method,
			})
		expect((await rejection(engine('future'))).message).toContain("version 'v9'")
		expect((await rejection(engine('good', 'chat'))).message).toContain("no method 'chat'")
		expect((await engine('good')).state().operations).toEqual(['chat'])
	})
})

test('options are redacted in messages of the package, except for those that are not secrets', () => {
	const redact = optionRedactor({
		apiKey: 'sk-secret-1',
		baseURL: 'https://example.org',
		headers: { authorization: 'Bearer token-2' },
		nested: [{ password: 'hunter2-long' }, 7, null],
		short: 'abc',
	})
	expect(redact('sk-secret-1 token-2 hunter2-long abc https://example.org')).toBe('*** *** *** abc https://example.org')
})
