// The document as the server serves it: without a key, once, compressed, with a tag, and not before it is requested.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import packageFile from '../../package.json' with { type: 'json' }
import { at } from '../dialect-clients/dialect-client.ts'
import { startServer, type TestServer } from '../server.ts'

let server: TestServer
beforeAll(async () => {
	const config = [
		'models:',
		"  'family-*': { route: [echo] }",
		'  ranks: { route: [echo], type: text-classification }',
		'  chats: { route: [echo] }',
		'upstreams:',
		'  echo: { engine: echo }',
	]
	server = await startServer({ config: config.join('\n') })
})
afterAll(() => server.stop())

const get = (headers: Record<string, string> = {}, method = 'GET') =>
	fetch(`${server.url}/openapi.json`, { method, headers, decompress: false })

test('has the version of the server and a relative address, and needs no key', async () => {
	const response = await get({ 'accept-encoding': 'identity' })
	expect(response.status).toBe(200)
	expect(response.headers.get('content-type')).toBe('application/json')
	const document = await response.json()
	expect(document).toMatchObject({
		openapi: expect.stringMatching(/^3\.1\./),
		info: { version: packageFile.version },
		servers: [{ url: '.' }],
	})
})

test('has examples for the models of the server', async () => {
	const document = await (await fetch(`${server.url}/openapi.json`)).json()
	const modelAt = (path: string) =>
		at(document, 'paths', path, 'post', 'requestBody', 'content', 'application/json', 'example', 'model')
	expect(modelAt('/v1/chat/completions')).toBe('chats')
	expect(modelAt('/v1/rerank')).toBe('ranks')
})

test('is compressed for clients that accept it', async () => {
	const plain = await (await get({ 'accept-encoding': 'identity' })).text()
	const br = await get({ 'accept-encoding': 'gzip, br' })
	expect(br.headers.get('content-encoding')).toBe('br')
	expect(brotliDecompressSync(await br.bytes()).toString()).toBe(plain)
	const gzip = await get({ 'accept-encoding': 'gzip' })
	for (const refused of ['br;q=0', 'gzip;q=0.0, br;q=0', 'identity'])
		expect((await get({ 'accept-encoding': refused })).headers.get('content-encoding')).toBeNull()
	expect(gzip.headers.get('content-encoding')).toBe('gzip')
	const bytes = await gzip.bytes()
	expect(gunzipSync(bytes).toString()).toBe(plain)
	expect(bytes.length).toBeLessThan(plain.length / 5)
	expect(br.headers.get('vary')).toContain('accept-encoding')
})

test('is not sent again to a client that has it', async () => {
	const etag = (await get()).headers.get('etag') ?? ''
	expect(etag).not.toBe('')
	const again = await get({ 'if-none-match': etag })
	expect([again.status, await again.text()]).toEqual([304, ''])
	expect((await get({ 'if-none-match': 'W/"0"' })).status).toBe(200)
})

test('answers HEAD without a body, and no other method', async () => {
	const head = await get({}, 'HEAD')
	expect([head.status, await head.text()]).toEqual([200, ''])
	const post = await get({}, 'POST')
	expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('is not written at the start of the server', async () => {
	const program = `
		const { openHandler } = await import('./src/server/handler.ts')
		await import('./src/gateway/gateway.ts')
		console.log(Object.keys(require.cache).filter((file) => /src.(openapi|dialects.*api-description)/.test(file)).join(' '))
	`
	const child = Bun.spawn([process.execPath, '-e', program], { cwd: `${import.meta.dir}/../..`, stderr: 'inherit' })
	expect((await new Response(child.stdout).text()).trim()).toBe('')
	expect(await child.exited).toBe(0)
})
