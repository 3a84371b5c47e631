// The page of the APIs in a real browser: it shows the document and sends a request, below the path of a proxy too, under a
// policy that no part of it breaks, and without a request to another host.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chromium, type Page } from 'playwright-core'
import { startServer, type TestServer } from '../test/server.ts'

let server: TestServer
let browser: Awaited<ReturnType<typeof chromium.launch>>
beforeAll(async () => {
	server = await startServer()
	browser = await chromium.launch({
		executablePath: process.env.DRAGOMAN_TEST_BROWSER ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
	})
}, 60_000)
afterAll(async () => {
	await browser.close()
	await server.stop()
})

/** What the browser did while a page was open. */
interface Watched {
	readonly page: Page
	readonly hosts: Set<string>
	readonly problems: string[]
}

async function open(address: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Watched> {
	const context = await browser.newContext({ colorScheme })
	const page = await context.newPage()
	page.setDefaultTimeout(30_000)
	const watched: Watched = { page, hosts: new Set(), problems: [] }
	await page.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
			console.error(`policy: ${violatedDirective} ${blockedURI} ${sample}`),
		)
	})
	page.on('request', (request) => {
		const { protocol, host } = new URL(request.url())
		if (protocol !== 'data:') watched.hosts.add(host)
	})
	page.on('pageerror', ({ message }) => watched.problems.push(message))
	page.on('console', (message) => {
		if (message.type() === 'error') watched.problems.push(message.text())
	})
	page.on('response', (response) => {
		if (response.status() >= 400) watched.problems.push(`${response.status()} ${response.url()}`)
	})
	await page.goto(address)
	await page.locator('.opblock-tag-section').first().waitFor()
	return watched
}

/** Sends the example of the first chat operation with the key of the server. */
async function tryChat(page: Page): Promise<string> {
	await page.locator('.btn.authorize').click()
	await page.getByLabel('auth-bearer-value').fill(server.key)
	await page.getByRole('button', { name: 'Apply credentials' }).first().click()
	await page.locator('.auth-container .btn-done').first().click()
	await page.locator('[data-tag="OpenAI"] button').first().click()
	await page.locator('#operations-OpenAI-openAICreateChatCompletion .opblock-summary-control').click()
	await page.locator('#operations-OpenAI-openAICreateChatCompletion .try-out__btn').click()
	await page.locator('#operations-OpenAI-openAICreateChatCompletion .execute').click()
	const answer = page.locator(
		'#operations-OpenAI-openAICreateChatCompletion .live-responses-table tbody .response-col_description',
	)
	return (await answer.first().textContent()) ?? ''
}

function colorOf(page: Page): Promise<string> {
	return page.evaluate(() => getComputedStyle(document.body).backgroundColor)
}

test('shows every dialect, and sends a request', async () => {
	const { page, hosts, problems } = await open(`${server.url}/docs`)
	const tags = await page.locator('.opblock-tag').allInnerTexts()
	expect(tags.map((tag) => tag.split('\n')[0])).toEqual(
		expect.arrayContaining(['OpenAI', 'Anthropic', 'Albert API', 'OpenGateLLM', 'Scale EGP', 'Aleph Alpha', 'Server']),
	)
	expect(await colorOf(page)).toBe('rgb(255, 255, 255)')
	expect(await tryChat(page)).toContain('chat.completion')
	expect(problems).toEqual([])
	expect([...hosts]).toEqual([new URL(server.url).host])
}, 90_000)

test('works below a path of a proxy, and is dark if the system is', async () => {
	const proxy = Bun.serve({
		port: 0,
		hostname: '127.0.0.1',
		fetch({ url, method, headers, body }) {
			const { pathname, search } = new URL(url)
			if (!pathname.startsWith('/ai/')) return new Response(null, { status: 404 })
			return fetch(server.url + pathname.slice('/ai'.length) + search, { method, headers, body, decompress: false })
		},
	})
	try {
		const { page, hosts, problems } = await open(`${proxy.url}ai/docs/`, 'dark')
		expect(await colorOf(page)).toBe('rgb(28, 32, 34)')
		expect(await tryChat(page)).toContain('chat.completion')
		expect(problems).toEqual([])
		expect([...hosts]).toEqual([proxy.url.host])
	} finally {
		await proxy.stop(true)
	}
}, 90_000)
