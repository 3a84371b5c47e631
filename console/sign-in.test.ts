// The sign-in link and form, the storage of the key, the models, and the page under another path.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { findingsOf } from './axe.testing.ts'
import { longName, signedIn, TestPages } from './page.testing.ts'

/** What the operator says. */
const described = {
	name: 'Chat of the hospital',
	notice: {
		en: '# Where does my text go?\n\nTo models on **our own** machines. <img src=x onerror=alert(1)> [Rules](javascript:alert(1))',
		fr: '# Où va mon texte ?\n\nVers des modèles installés ici.',
	},
}

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open({ further: `page: ${JSON.stringify(described)}\n` })
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** Every character percent-encoded. */
const encoded = (key: string) =>
	[...key].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')

const signInForm = (page: Page) => page.getByLabel('Key', { exact: false }).first()

async function signIn(page: Page, key: string): Promise<void> {
	await signInForm(page).fill(key)
	await page.getByRole('button', { name: 'Sign in' }).click()
}

test('asks for a key, and reports an invalid one', async () => {
	const opened = await pages.openPage({}, pages.server.url)
	const { page, errors } = opened
	const notice = page.getByRole('complementary', { name: 'Notice of the operator' })
	await notice.getByRole('heading', { name: 'Où va mon texte ?' }).waitFor()
	expect(await notice.getByRole('heading').allTextContents()).toEqual(['Where does my text go?', 'Où va mon texte ?'])
	// The mark of the other language comes with its file.
	await notice.locator('.hanging-mark', { hasText: '«' }).waitFor()
	expect(await notice.locator('.hanging-mark').allTextContents()).toEqual(['“', '«'])
	expect(await notice.getByText('our own').evaluate((element) => element.localName)).toBe('strong')
	expect(await notice.textContent()).toContain('<img src=x onerror=alert(1)>')
	expect(await notice.locator('img, a[href^=javascript]').count()).toBe(0)
	await opened.titled('Chat of the hospital')
	expect(await findingsOf(page)).toEqual([])
	await page.getByRole('button', { name: 'Français' }).click()
	await page.getByRole('heading', { name: 'Se connecter' }).waitFor()
	const avis = page.getByRole('complementary', { name: 'Avis de l’exploitant' })
	expect(await avis.getByRole('heading').allTextContents()).toEqual(['Où va mon texte ?', 'Where does my text go?'])
	await page.getByRole('button', { name: 'English' }).click()
	await page.setViewportSize({ width: 390, height: 844 })
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
	await page.setViewportSize({ width: 1440, height: 900 })
	await signIn(page, 'dgm-wrong')
	await page.getByRole('alert').filter({ hasText: 'This key is not valid.' }).waitFor()
	await signIn(page, pages.server.key)
	await signedIn(page)
	await page.reload()
	await signedIn(page)
	await page.getByRole('navigation').getByText('Chat of the hospital').waitFor()
	await opened.titled('Chat of the hospital')
	await page.getByRole('button', { name: 'Account' }).click()
	const documentation = page.getByRole('link', { name: 'API documentation' })
	expect(await documentation.evaluate((link: HTMLAnchorElement) => link.href)).toBe(`${pages.server.url}/docs`)
	await page.getByRole('link', { name: 'Settings' }).click()
	await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
	await opened.titled('Settings · Chat of the hospital')
	await page.getByRole('button', { name: 'Account' }).click()
	await page.getByRole('button', { name: 'Sign out' }).click()
	await signInForm(page).waitFor()
	// The form arrives as soon as its code does.
	let lost = false
	await page.route('**/page/chunk-*.js', async (route) => {
		const response = await route.fetch()
		const isForm = (await response.text()).includes('sign-in-column')
		if (!isForm || lost) return route.fulfill({ response })
		lost = true
		return route.abort()
	})
	await page.reload()
	await page.getByText('The server cannot be reached.').waitFor()
	await signInForm(page).waitFor()
	expect(errors).toEqual([])
}, 60_000)

test('the link signs in, and its key is removed from the address permanently', async () => {
	const { url, key } = pages.server
	const { page } = await pages.openPage({}, `${url}/health`)
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
	await page.getByText('You are signed in with the link that the server printed.').waitFor()
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	expect(await page.evaluate('order[0]')).toBe('replaced')
	expect(await page.evaluate('document.activeElement.id')).toBe('message')
	await page.reload()
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	await page.goto(`${url}/health`)
	await page.goBack()
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
}, 60_000)

test('the link works in an open page, and a broken one breaks nothing', async () => {
	const { url, key } = pages.server
	const { page, errors } = await pages.openPage({}, `${url}/`)
	await signInForm(page).waitFor()
	await page.goto(`${url}/#key=${key}`)
	await signedIn(page)
	expect(page.url()).toBe(`${url}/`)
	const broken = await pages.openPage({}, `${url}/#key=dgm-%E0%A4%A`)
	await broken.page.getByText('This key is not valid any more.').waitFor()
	expect(broken.page.url()).toBe(`${url}/`)
	expect([...errors, ...broken.errors]).toEqual([])
}, 60_000)

test('the key is stored for this tab, and for this device only if the person chooses', async () => {
	const { url, key } = pages.server
	const first = await pages.openPage()
	const second = await first.anotherTab()
	await second.page.getByLabel('Stay signed in on this device').check()
	await signIn(second.page, key)
	await signedIn(second.page)
	const third = await first.anotherTab()
	await signedIn(third.page)
	// A link signs in its own tab alone.
	const fourth = await first.anotherTab('/#key=dgm-of-another-person')
	await fourth.page.getByText('This key is not valid any more.').waitFor()
	const fifth = await first.anotherTab()
	await signedIn(fifth.page)
	expect(fifth.page.url()).toBe(`${url}/`)
}, 60_000)

test('offers the models that can chat, and remembers the choice', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.locator('.model-button').click()
	const items = page.getByRole('menuitemradio')
	expect(await items.locator('b').allTextContents()).toEqual(['echo', 'second', 'priced', longName, 'brief', 'dead'])
	await items.filter({ hasText: 'second' }).click()
	await opened.ask('Hello')
	expect(opened.bodies.map(({ model }) => model)).toEqual(['second'])
	await page.reload()
	await page.locator('.model-button', { hasText: 'second' }).waitFor()
}, 60_000)

test('shows the note of a model until it is removed from the list', async () => {
	const { url, key } = pages.server
	const { page } = await pages.openPage({}, `${url}/`)
	const note = 'a small model answers while the real one is downloaded.'
	let downloading = true
	// The list during the download of a model.
	await page.route('**/v1/models', async (route) => {
		const response = await route.fetch()
		const list = await response.json()
		if (downloading) list.data[0].note = note
		await route.fulfill({ response, json: list })
	})
	await page.goto(`${url}/#key=${key}`)
	await page.getByText('A small model answers while').waitFor()
	expect(await page.locator('.status-line').first().textContent()).toBe(`A${note.slice(1)}`)
	downloading = false
	await page.getByText(note).waitFor({ state: 'hidden' })
}, 60_000)

test('shows the name of the key', async () => {
	const { page } = await pages.openPage()
	const { name } = await (
		await fetch(`${pages.server.url}/opengatellm/v1/me`, { headers: { authorization: `Bearer ${pages.server.key}` } })
	).json()
	expect(name).toBeString()
	await page.locator('.account-name', { hasText: name }).waitFor()
}, 60_000)

test('an answer has the name of the model that wrote it, and the list of models is read again if it is another one', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/responses', async (route) => {
		const response = await route.fetch()
		await route.fulfill({ response, body: (await response.text()).replaceAll('"model":"echo"', '"model":"tiny-chat"') })
	})
	await page.route('**/v1/models', async (route) => {
		const response = await route.fetch()
		const list = await response.json()
		list.data[0].note = 'tiny-chat answers'
		await route.fulfill({ response, json: list })
	})
	await opened.ask('Hello')
	await page.locator('.answer .speaker', { hasText: 'tiny-chat' }).waitFor()
	await page.getByText('Tiny-chat answers').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('works under a path of a proxy, at each of its addresses', async () => {
	const requested: string[] = []
	const proxy = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		fetch(request) {
			const { pathname, search } = new URL(request.url)
			requested.push(pathname)
			if (!pathname.startsWith('/dragoman/')) return new Response('Not here.', { status: 404 })
			const { method, headers, body } = request
			const address = pages.server.url + pathname.slice('/dragoman'.length) + search
			return fetch(address, { method, headers, body, decompress: false })
		},
	})
	try {
		const address = `http://127.0.0.1:${proxy.port}/dragoman/`
		const opened = await pages.openPage({}, `${address}#key=${pages.server.key}`)
		await signedIn(opened.page)
		expect(opened.page.url()).toBe(address)
		await opened.ask('Hello')
		expect(opened.page.url()).toStartWith(`${address}c/conv_`)
		await opened.page.reload()
		await opened.page.locator('.answer', { hasText: 'Hello' }).waitFor()
		expect(requested.filter((path) => !path.startsWith('/dragoman/'))).toEqual([])
		expect(opened.errors).toEqual([])
	} finally {
		await proxy.stop(true)
	}
}, 60_000)

test('has an icon, also at the path that browsers request without a link', async () => {
	for (const path of ['/page/logo.svg', '/favicon.ico']) {
		const icon = await fetch(pages.server.url + path)
		expect([path, icon.status, icon.headers.get('content-type')]).toEqual([path, 200, 'image/svg+xml'])
		expect(await icon.text()).toContain('<svg')
	}
})
