// The document in the hands of others: the schemas of the OpenAPI Initiative, Redocly's recommended rules, and a generator
// of clients, whose result compiles.

import { expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { generateApi } from 'swagger-typescript-api'
import { testDocument } from '../../src/openapi/document-validator.testing.ts'
import { root, runProcess } from '../server.ts'

const text = JSON.stringify(await testDocument())

test('follows the schema of OpenAPI 3.1', async () => {
	const validator = new Validator()
	const { valid, errors } = await validator.validate(JSON.parse(text))
	expect(errors ?? []).toEqual([])
	expect(valid).toBe(true)
	expect(String(validator.version)).toBe('3.1')
})

test('follows the recommended rules of Redocly', async () => {
	const config = await createConfig({
		extends: ['recommended'],
		rules: {
			// A static path precedes one with a parameter, here as in OpenAPI.
			'no-ambiguous-paths': 'off',
			// A route that refuses every request has no successful response, a WebSocket has 101.
			'operation-2xx-response': 'off',
			// It does not read extensions, where the messages of the WebSocket are.
			'no-unused-components': 'off',
		},
	})
	const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
	const lines = problems.map(
		({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? ''}`,
	)
	expect(lines).toEqual([])
})

test('is the source of a client that compiles', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'dragoman-client-'))
	try {
		await writeFile(join(folder, 'openapi.json'), text)
		await generateApi({
			input: join(folder, 'openapi.json'),
			output: folder,
			fileName: 'client.ts',
			httpClientType: 'fetch',
			silent: true,
		})
		const use = `
			import { Api } from './client.ts'
			const { v1 } = new Api({ baseUrl: 'http://127.0.0.1:8080' })
			const { data } = await v1.openAiCreateChatCompletion({ model: 'echo', messages: [{ role: 'user', content: 'Hello!' }] })
			export const text: string | null | undefined | object[] = data.choices[0]?.message.content
		`
		await writeFile(join(folder, 'use.ts'), use)
		const options = ['--noEmit', '--strict', '--skipLibCheck', '--allowImportingTsExtensions', '--module', 'preserve']
		const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
		const argv = [process.execPath, compiler, ...options, '--target', 'esnext', '--lib', 'esnext,dom', 'use.ts']
		const { stdout, status } = await runProcess(argv, { cwd: folder })
		expect(stdout).toBe('')
		expect(status).toBe(0)
	} finally {
		await rm(folder, { recursive: true })
	}
}, 60_000)
