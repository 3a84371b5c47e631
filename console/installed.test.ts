// The page as an installed app: its manifest, its start without a network, and how it is replaced by a newer version.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { CutLine } from './cut-line.testing.ts'
import { signedIn, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** Waits until the service worker answers the requests of this page. */
const controlled = (page: Page) =>
	page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated', undefined, { polling: 50 })

const workers = { serviceWorkers: 'allow' } as const

/** The addresses in all caches, below the page's root. */
const cached = (page: Page, root: string) =>
	page.evaluate(async (prefix) => {
		const found: string[] = []
		for (const name of await caches.keys())
			for (const { url } of await (await caches.open(name)).keys()) found.push(url.slice(prefix.length))
		return found
	}, root)

test('the manifest is valid, and the page can be installed', async () => {
	const opened = await pages.openPage(workers)
	const { page } = opened
	await controlled(page)
	const session = await page.context().newCDPSession(page)
	const { errors, data = '{}', url } = await session.send('Page.getAppManifest')
	expect(errors).toEqual([])
	expect(url).toBe(`${pages.server.url}/page/manifest.webmanifest`)
	const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
	// Contexts of the tests are private windows.
	expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
	for (const { src, sizes } of JSON.parse(data).icons) {
		const icon = await page.evaluate(
			async (address) => {
				const { width, height } = await createImageBitmap(await (await fetch(address)).blob())
				return `${width}x${height}`
			},
			new URL(src, url).href.replace(/\.svg$/, '.png').replace('logo.png', 'icon-192.png'),
		)
		expect([src, icon]).toEqual([src, sizes === 'any' ? '192x192' : sizes])
	}
	expect(opened.errors).toEqual([])
}, 60_000)

test('without a network the page opens with drafts and unsent questions, and no answer of the API was stored', async () => {
	await using line = await CutLine.to(pages.server.url)
	const opened = await pages.openPage(workers, `${line.url}/#key=${pages.server.key}`)
	const { page } = opened
	await signedIn(page)
	await controlled(page)
	await opened.ask('Before the cut')
	const { path } = opened
	await page.reload()
	await page.locator('.answer', { hasText: 'Before the cut' }).waitFor()
	const stored = await cached(page, line.url)
	expect(stored).toContain('/')
	expect(stored.filter((address) => address !== '/' && !address.startsWith('/page/'))).toEqual([])
	await page.waitForLoadState('networkidle')
	line.cut()
	await page.context().setOffline(true)
	await opened.send('Asked offline')
	await page.getByText('Will be sent when you are online.').waitFor()
	await page.fill('#message', 'A draft')
	await page.reload()
	await page.getByText('No connection. Your draft is saved.').waitFor()
	expect(opened.path).toBe(path)
	expect(await page.inputValue('#message')).toBe('A draft')
	await page.locator('.question', { hasText: 'Asked offline' }).waitFor()
	await page.goto(`${line.url}/`)
	await page.getByText('No connection. Your draft is saved.').waitFor()
	await page.getByRole('heading', { name: 'What would you like to ask?' }).waitFor()
	// The network is back, the server is not.
	await page.context().setOffline(false)
	await page.goto(line.url + path)
	await page.locator('.question', { hasText: 'Asked offline' }).waitFor()
	await page.locator('.status-line', { hasText: 'The server cannot be reached.' }).waitFor()
	line.mend()
	await page.locator('.answer', { hasText: 'Asked offline' }).waitFor()
	await page.locator('.answer', { hasText: 'Before the cut' }).waitFor()
	expect(opened.errors).toEqual([])
}, 90_000)

/** A proxy that serves the page below a path, and pretends that the build has another main script. */
class NewerBuilds {
	/** 0 is the real build. */
	version = 0
	readonly requested: string[] = []
	private readonly server: ReturnType<typeof Bun.serve>

	constructor(target: string) {
		this.server = Bun.serve({
			hostname: '127.0.0.1',
			port: 0,
			fetch: (request) => this.forward(request, target),
		})
	}

	get url(): string {
		return `http://127.0.0.1:${this.server.port}/chat/`
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.server.stop(true)
	}

	private async forward(request: Request, target: string): Promise<Response> {
		const { pathname, search } = new URL(request.url)
		const path = pathname.replace(/^\/chat/, '')
		this.requested.push(path)
		const { method, body } = request
		const headers = new Headers(request.headers)
		headers.set('accept-encoding', 'identity')
		const [, ofMain, ofChunk] = /^\/page\/(?:main-0000000(\d)|chunk-of(\d)-)/.exec(path) ?? []
		const real = ofMain === undefined ? path.replace(/chunk-of\d-/, 'chunk-') : await this.mainScript(target)
		const response = await fetch(target + real + search, { method, headers, body })
		const type = response.headers.get('content-type') ?? ''
		// A page of the real build may still load its scripts.
		const version = Number(ofMain ?? ofChunk ?? (/^\/page\/(?:main|chunk)-/.test(path) ? 0 : this.version))
		if (version === 0 || !/html|javascript/.test(type)) return response
		// A chunk names the scripts that it imports, so it has another name in another build, too.
		const text = (await response.text())
			.replaceAll(/main-\w{8}\.js/g, `main-0000000${version}.js`)
			.replaceAll(/chunk-(\w{8}\.js)/g, `chunk-of${version}-$1`)
		return new Response(text.replace(/version:"\w+"/, `version:"v${version}"`), response)
	}

	private async mainScript(target: string): Promise<string> {
		const document = await (await fetch(`${target}/`)).text()
		return `/page/${/main-\w{8}\.js/.exec(document)?.[0]}`
	}
}

const script = (page: Page) => page.locator('script[type=module]').first().getAttribute('src')

test('a page under a path offers a newer version, and a page that has it already does not', async () => {
	await using builds = new NewerBuilds(pages.server.url)
	const opened = await pages.openPage(workers, `${builds.url}#key=${pages.server.key}`)
	const { page } = opened
	await signedIn(page)
	await controlled(page)
	const notice = page.getByText('There is a new version of this page.')
	await page.fill('#message', 'A draft')
	builds.version = 1
	await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
	await notice.waitFor()
	await page.getByRole('button', { name: 'Show it' }).click()
	await page.waitForFunction(() => document.querySelector('script[type=module]')?.outerHTML.includes('main-00000001'))
	await signedIn(page)
	expect(await page.inputValue('#message')).toBe('A draft')
	expect(await notice.count()).toBe(0)
	builds.version = 2
	await page.reload()
	await signedIn(page)
	expect(await script(page)).toContain('main-00000002')
	// The newer worker takes over by itself, because nothing on screen is older.
	await page.waitForFunction(async () => {
		const registration = await navigator.serviceWorker.getRegistration()
		const names = await caches.keys()
		return registration?.waiting === null && names.length === 1 && names[0]?.endsWith('v2') === true
	})
	expect(await notice.count()).toBe(0)
	expect(opened.errors).toEqual([])
}, 90_000)

test('no service worker on an insecure origin', async () => {
	const { url, key } = pages.server
	const opened = await pages.openPage(workers, `${url}/health`)
	const { page } = opened
	await page.addInitScript("Object.defineProperty(globalThis, 'isSecureContext', { value: false })")
	const requested: string[] = []
	page.context().on('request', (request) => requested.push(request.url()))
	await page.goto(`${url}/#key=${key}`)
	await signedIn(page)
	await page.waitForLoadState('networkidle')
	expect(requested.filter((address) => address.includes('service-worker'))).toEqual([])
	expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0)
	expect(opened.errors).toEqual([])
}, 60_000)
