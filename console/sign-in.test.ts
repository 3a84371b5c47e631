// The sign-in link, the storage of the key, the models, and the page under another path.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { longName, signedIn, TestBrowser } from './test-browser.ts'

let browser: TestBrowser
beforeAll(async () => {
	browser = await TestBrowser.open()
}, 60_000)
afterAll(() => browser.close())

/** Every character percent-encoded. */
const encoded = (key: string) =>
	[...key].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

test('requests a key, and reports an invalid one', async () => {
	const { page } = await browser.openPage({}, browser.server.url)
	await page.locator('#note', { hasText: 'Paste an API key' }).waitFor()
	await page.fill('#key', 'dgm-wrong')
	await page.locator('#key').blur()
	await page.locator('#note', { hasText: 'Incorrect API key provided' }).waitFor()
	expect(await page.locator('#send').isDisabled()).toBe(true)
	await page.fill('#key', browser.server.key)
	await page.locator('#key').blur()
	await signedIn(page)
	expect(await page.locator('#note').isVisible()).toBe(false)
}, 60_000)

test('the link signs in, and its key is removed from the address permanently', async () => {
	const { url, key } = browser.server
	const { page } = await browser.openPage({}, `${url}/health`)
	await page.addInitScript(`
		globalThis.order = []
		const { replaceState } = history
		history.replaceState = function (...values) {
			order.push('replaced')
			replaceState.apply(history, values)
		}
		const { fetch } = globalThis
		globalThis.fetch = (...values) => {
			order.push('fetched')
			return fetch(...values)
		}`)
	await page.goto(`${url}/#key=${encoded(key)}`)
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	expect(await page.inputValue('#key')).toBe(key)
	expect(await page.evaluate('order')).toEqual(['replaced', 'fetched'])
	await page.reload()
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	await page.goto(`${url}/health`)
	await page.goBack()
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
}, 60_000)

test('the link works in an open page, and adds no entry to the history', async () => {
	const { url, key } = browser.server
	const { page } = await browser.openPage({}, `${url}/`)
	await page.locator('#note', { hasText: 'Paste an API key' }).waitFor()
	await page.goto(`${url}/#key=${key}`)
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	await page.goBack()
	await page.goForward()
	expect(page.url()).toBe(`${url}/`)
	expect(await page.evaluate('document.activeElement.id')).toBe('text')
}, 60_000)

test('a link with broken encoding does not break the page and is removed from the address', async () => {
	const { page, errors } = await browser.openPage({}, `${browser.server.url}/#key=dgm-%E0%A4%A`)
	await page.locator('#note', { hasText: 'Incorrect API key provided' }).waitFor()
	expect(page.url()).toBe(`${browser.server.url}/`)
	expect(errors).toEqual([])
}, 60_000)

test('the key is stored for this tab, and for this device only if the user chooses', async () => {
	const first = await browser.openPage()
	const second = await first.anotherTab()
	await second.page.locator('#note', { hasText: 'Paste an API key' }).waitFor()
	await first.page.check('#remember')
	const third = await first.anotherTab()
	await signedIn(third.page)
	expect(await third.page.isChecked('#remember')).toBe(true)
	await third.page.uncheck('#remember')
	const fourth = await first.anotherTab()
	await fourth.page.locator('#note', { hasText: 'Paste an API key' }).waitFor()
}, 60_000)

test('a link signs in its tab and does not change the key of the device', async () => {
	const first = await browser.openPage()
	await first.page.check('#remember')
	const second = await first.anotherTab('/#key=dgm-of-somebody-else')
	await second.page.locator('#note', { hasText: 'Incorrect API key provided' }).waitFor()
	expect(await second.page.isChecked('#remember')).toBe(false)
	const third = await first.anotherTab()
	await signedIn(third.page)
	expect(await third.page.inputValue('#key')).toBe(browser.server.key)
}, 60_000)

test('offers the models that can chat', async () => {
	const { page } = await browser.openPage()
	expect(await page.locator('#model option').allTextContents()).toEqual(['echo', 'second', longName, 'brief', 'dead'])
}, 60_000)

test('shows the note of a model until it is removed from the list', async () => {
	const { url, key } = browser.server
	const { page } = await browser.openPage({}, `${url}/`)
	const note = 'A small model answers while the real one is downloaded.'
	let downloading = true
	// The list during the download of a model.
	await page.route('**/v1/models', async (route) => {
		const response = await route.fetch()
		const list = await response.json()
		if (downloading) list.data[0].note = note
		await route.fulfill({ response, json: list })
	})
	await page.goto(`${url}/#key=${key}`)
	await page.locator('#note', { hasText: note }).waitFor()
	await page.selectOption('#model', 'second')
	await page.locator('#note').waitFor({ state: 'hidden' })
	await page.selectOption('#model', 'echo')
	await page.locator('#note', { hasText: note }).waitFor()
	downloading = false
	await page.locator('#note').waitFor({ state: 'hidden' })
	expect(await page.inputValue('#model')).toBe('echo')
}, 60_000)

test('works under a path of a proxy', async () => {
	const requested: string[] = []
	const proxy = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch(request) {
			const { pathname, search } = new URL(request.url)
			requested.push(pathname)
			if (!pathname.startsWith('/dragoman/')) return new Response('Not here.', { status: 404 })
			const { method, headers, body } = request
			return fetch(browser.server.url + pathname.slice('/dragoman'.length) + search, { method, headers, body })
		},
	})
	try {
		const address = `http://127.0.0.1:${proxy.port}/dragoman/`
		const { page, ask, errors } = await browser.openPage({}, `${address}#key=${browser.server.key}`)
		await signedIn(page)
		expect(page.url()).toBe(address)
		await ask('Hello')
		await page.locator('.assistant', { hasText: 'Hello' }).waitFor()
		const icon = await page.request.get(
			new URL((await page.getAttribute('link[rel=icon]', 'href')) ?? '', address).href,
		)
		expect(icon.status()).toBe(200)
		await page.reload()
		await signedIn(page)
		expect(requested.filter((path) => !path.startsWith('/dragoman/'))).toEqual([])
		expect(errors).toEqual([])
	} finally {
		await proxy.stop(true)
	}
}, 60_000)

test('has an icon, including at the default path', async () => {
	const { url } = browser.server
	const { page } = await browser.openPage()
	const href = await page.getAttribute('link[rel=icon]', 'href')
	for (const path of [`/${href}`, '/favicon.ico']) {
		const icon = await fetch(url + path)
		expect([path, icon.status, icon.headers.get('content-type')]).toEqual([path, 200, 'image/svg+xml'])
		expect(await icon.text()).toContain('<svg')
	}
	expect(browser.server.log()).not.toContain('favicon')
	// An image is subject to the page's content security policy.
	const width = await page.evaluate(
		`new Promise((done) => { const icon = new Image(); icon.onload = icon.onerror = () => done(icon.naturalWidth); icon.src = '${href}' })`,
	)
	expect(width).toBeGreaterThan(0)
}, 60_000)
