import { afterAll, expect, test } from 'bun:test'
import { openProxiedFetch } from './proxied-fetch.ts'

const forwarded: string[] = []
const serve = (text: string) =>
	Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch(request) {
			if (text === 'proxy') forwarded.push(`${request.url} ${request.headers.get('proxy-authorization')}`)
			return new Response(text)
		},
	})
const proxy = serve('proxy')
const origin = serve('origin')
afterAll(async () => {
	await proxy.stop(true)
	await origin.stop(true)
})

const proxyUrl = `http://user:pa-55@127.0.0.1:${proxy.port}`
const url = `http://127.0.0.1:${origin.port}/x`
const textOf = async (...args: Parameters<typeof openProxiedFetch>) => (await openProxiedFetch(...args)(url)).text()

test("an upstream's proxy gets the request, with credentials", async () => {
	expect(await textOf(proxyUrl, {})).toBe('proxy')
	expect(forwarded.at(-1)).toEndWith(`Basic ${Buffer.from('user:pa-55').toString('base64')}`)
})

test('loopback and `none` connect directly, whatever the environment of the process contains', async () => {
	expect(await textOf(undefined, { HTTP_PROXY: proxyUrl })).toBe('origin')
	const before = process.env.HTTP_PROXY
	// Bun's `fetch` reads the variable of the process, also for loopback.
	process.env.HTTP_PROXY = proxyUrl
	try {
		expect(await textOf(undefined, process.env)).toBe('origin')
		expect(await textOf('none', process.env)).toBe('origin')
	} finally {
		if (before === undefined) delete process.env.HTTP_PROXY
		else process.env.HTTP_PROXY = before
	}
})

test('the environment selects a proxy for other hosts, and none for a range of NO_PROXY', async () => {
	const send = (variables: Record<string, string>) =>
		openProxiedFetch(undefined, { HTTP_PROXY: proxyUrl, ...variables })('http://192.0.2.1:81/y', {
			signal: AbortSignal.timeout(2000),
		}).then(
			(response) => response.text(),
			() => 'unreachable',
		)
	expect(await send({})).toBe('proxy')
	expect(await send({ NO_PROXY: '192.0.2.0/24' })).toBe('unreachable')
})
