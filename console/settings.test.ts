// The settings: the address, the choices, the person's keys, tools, votes and notifications.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startServer } from '../test/server.ts'
import { TestPages, textOfDownload } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	const config = `
models:
  echo: { route: [echo] }
upstreams:
  echo: { engine: echo }
keys: { create: admins }
`
	pages = await TestPages.of(await startServer({ config }))
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('a visit without a session leads to the sign-in and back, and choices remain', async () => {
	const { url, key } = pages.server
	const opened = await pages.openPage({}, `${url}/settings`)
	const { page } = opened
	await page.locator('input[name=key]').fill(key)
	await page.keyboard.press('Enter')
	await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
	await opened.titled('Settings · Dragoman')
	expect(opened.path).toBe('/settings')
	await page.getByRole('button', { name: 'Account' }).click()
	const menu = page.getByRole('dialog', { name: 'Account' })
	const entries = await menu.locator('a, button').allTextContents()
	expect(entries).toEqual(['Settings', 'Keyboard', 'API documentation', 'Sign out'])
	await page.keyboard.press('Escape')
	// The panels of a conversation have no place here.
	await page.keyboard.press('Control+Shift+KeyK')
	expect(await page.getByRole('complementary').count()).toBe(0)
	// A link to a section leads there each time, until the person moves: what grows above moves nothing.
	await page.setViewportSize({ width: 1280, height: 400 })
	await page.evaluate(() => {
		const link = document.createElement('a')
		Object.assign(link, { href: '/settings#keys', textContent: 'Link to keys' })
		document.querySelector('.settings')?.append(link)
	})
	const follow = () => page.getByText('Link to keys').evaluate((link) => link instanceof HTMLElement && link.click())
	const atKeys = () =>
		page.waitForFunction(() => {
			const heading = document.getElementById('settings-keys-title')
			const { top = -1 } = heading?.getBoundingClientRect() ?? {}
			return heading === document.activeElement && top >= 0 && top < 200
		})
	await follow()
	await atKeys()
	await page.getByRole('combobox', { name: 'Language' }).focus()
	const visited = await page.evaluate(() => history.length)
	await follow()
	await atKeys()
	expect(await page.evaluate(() => history.length)).toBe(visited)
	await page.mouse.move(640, 300)
	await page.mouse.wheel(0, -5000)
	await page.waitForFunction(() => (document.querySelector('.settings')?.scrollTop ?? -1) === 0)
	await page.evaluate(() => {
		const section = document.querySelector('#settings-device')
		if (section instanceof HTMLElement) section.style.minHeight = '900px'
		return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
	})
	expect(await page.evaluate(() => document.querySelector('.settings')?.scrollTop)).toBe(0)
	await page.setViewportSize({ width: 1280, height: 720 })
	await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
	await page.getByLabel('Read answers while they stream').check()
	await page.getByRole('combobox', { name: 'Language' }).selectOption('Français')
	await page.getByRole('heading', { name: 'Réglages', level: 1 }).waitFor()
	await page.reload()
	await page.getByRole('heading', { name: 'Réglages', level: 1 }).waitFor()
	await opened.titled('Réglages · Dragoman')
	expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
	expect(await page.getByRole('radio', { name: 'Sombre' }).isChecked()).toBe(true)
	expect(await page.getByLabel('Lire les réponses pendant leur arrivée').isChecked()).toBe(true)
	expect(opened.errors).toEqual([])
}, 60_000)

test('on a phone, closing the sidebar leaves the settings where they are', async () => {
	const { url } = pages.server
	const opened = await pages.openPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
	const { page } = opened
	await page.goto(`${url}/settings#keys`)
	await page.locator('#settings-keys > h2:focus').waitFor()
	await page.getByRole('button', { name: 'Menu' }).click()
	await page.locator('.sidebar.open').waitFor()
	const view = page.locator('.settings')
	await view.evaluate((element) => element.scrollTo(0, 0))
	await page.goBack()
	await page.locator('.sidebar.open').waitFor({ state: 'detached' })
	// The section would be brought into view in one of the next frames.
	await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
	expect(await view.evaluate((element) => element.scrollTop)).toBe(0)
	expect(await page.locator('#settings-keys > h2:focus').count()).toBe(0)
	// A link to the section brings it into view.
	await page.goto(`${url}/settings#device`)
	await page.goBack()
	await page.locator('#settings-keys > h2:focus').waitFor()
}, 60_000)

test('a key is shown once, is listed with its use, and ends with the keys and the session that depend on it', async () => {
	const { url } = pages.server
	const opened = await pages.openPage()
	const page = await opened.openSettings()
	const rows = page.getByRole('list', { name: 'My keys' }).getByRole('listitem')
	const own = rows.filter({ hasText: 'You are signed in with it' })
	await own.waitFor()
	await page.getByRole('button', { name: 'New key' }).click()
	const form = page.getByRole('form', { name: 'New key' })
	await form.getByLabel('Name').press('Enter')
	await form.getByRole('alert').getByText('Enter a name').waitFor()
	await form.getByLabel('Name').fill('Notebook')
	await form.getByLabel('Expires').selectOption('on a day…')
	await form.getByRole('button', { name: 'Create key' }).click()
	await form.getByRole('alert').getByText('Choose today or a later day.').waitFor()
	await form.getByLabel('Last day').fill('2999-12-31')
	await form.getByRole('button', { name: 'Create key' }).click()
	const made = page.getByRole('region', { name: 'Notebook' })
	await made.getByText('This is the only time the key is shown.').waitFor()
	const key = (await made.locator('code').first().textContent()) ?? ''
	const line = await made.locator('code').nth(1).textContent()
	expect(line).toBe(`client = OpenAI(base_url="${url}/openai/v1", api_key="${key}")`)
	const downloading = page.waitForEvent('download')
	await made.getByRole('button', { name: 'Download as file' }).click()
	const download = await downloading
	expect(download.suggestedFilename()).toBe('Notebook.txt')
	expect(await textOfDownload(download)).toBe(`${key}\n`)
	await rows.filter({ hasText: 'never used' }).filter({ hasText: 'Notebook' }).waitFor()
	const answer = await fetch(`${url}/openai/v1/chat/completions`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'Hello' }] }),
	})
	expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello')])
	await made.getByRole('button', { name: 'Done' }).click()
	await page.waitForFunction(() => document.activeElement?.textContent === 'New key')
	await page.reload()
	const row = rows.filter({ hasText: 'Notebook' })
	// Midnight (UTC) may be between the use and the list.
	await row.getByText(/last used (?:today|yesterday)/).waitFor()
	await row.getByText('expires 31 Dec 2999').waitFor()
	await row.getByText(`${key.slice(0, 10)}…`, { exact: true }).waitFor()
	const stored = await page.evaluate('document.documentElement.outerHTML + JSON.stringify({ ...localStorage })')
	expect(stored).not.toContain(key)
	// The consequence names what ends with it.
	await own.getByRole('button', { name: /^Revoke/ }).click()
	const dialog = page.getByRole('dialog')
	await dialog.getByText('1 key that was made with it ends, too.').waitFor()
	await dialog.getByText('You are signed in with it, so you will be signed out.').waitFor()
	await dialog.getByRole('button', { name: 'Cancel' }).click()
	await dialog.waitFor({ state: 'detached' })
	// A person who may not make keys.
	const other = await pages.openPage({}, `${url}/#key=${key}`)
	await other.openSettings()
	await other.page.getByText('Your key may not make keys on this server.').waitFor()
	expect(await other.page.getByRole('button', { name: 'New key' }).count()).toBe(0)
	// It may not end the key of an operator.
	await other.page
		.getByRole('listitem')
		.filter({ hasNotText: 'Notebook' })
		.getByRole('button', { name: /^Revoke/ })
		.click()
	await other.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
	await other.page
		.getByRole('alert')
		.getByText(/^The server says: /)
		.waitFor()
	await other.page.keyboard.press('Escape')
	await other.page.getByRole('button', { name: 'Revoke Notebook' }).click()
	await other.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
	await other.page.locator('input[name=key]').waitFor()
	// The list of the first page is older than that.
	await row.getByRole('button', { name: 'Revoke Notebook' }).click()
	await dialog.getByRole('button', { name: 'Revoke' }).click()
	await page.getByText('Key revoked.').waitFor()
	await row.waitFor({ state: 'detached' })
	await page.waitForFunction(() => document.activeElement?.textContent === 'New key')
	// A key that is shown, and a form, remain when another key ends.
	const make = async (name: string) => {
		await page.getByRole('button', { name: 'New key' }).click()
		await form.getByLabel('Name').fill(name)
	}
	const revoke = async (name: string) => {
		await page.getByRole('button', { name: `Revoke ${name}` }).click()
		await dialog.getByRole('button', { name: 'Revoke' }).click()
		await rows.filter({ hasText: name }).waitFor({ state: 'detached' })
	}
	for (const name of ['Alpha', 'Beta']) {
		await make(name)
		await form.getByRole('button', { name: 'Create key' }).click()
		await page.getByRole('region', { name }).waitFor()
		await rows.filter({ hasText: name }).waitFor()
		if (name === 'Alpha') await page.getByRole('button', { name: 'Done' }).click()
	}
	await revoke('Alpha')
	expect(await page.getByRole('region', { name: 'Beta' }).count()).toBe(1)
	await page.getByRole('button', { name: 'Done' }).click()
	await make('Gamma')
	await revoke('Beta')
	expect(await form.getByLabel('Name').inputValue()).toBe('Gamma')
	expect(other.errors).toEqual([])
	expect(opened.errors).toEqual([expect.stringMatching(/^404 \/opengatellm\/v1\/keys\/key_/)])
}, 120_000)

test('tools come from files and go into files, and votes are summed by model', async () => {
	for (const votes of ['112', '-0'])
		await pages.server.call('/openai/v1/conversations', {
			metadata: { view: 'compare', compare: '["echo","other"]', votes },
		})
	const opened = await pages.openPage({}, `${pages.server.url}/#key=${pages.server.key}`)
	const page = await opened.openSettings()
	const sums = page.getByRole('region', { name: 'Your votes' }).getByRole('listitem')
	await sums.first().waitFor()
	expect(await sums.allInnerTexts()).toEqual([
		expect.stringMatching(/^echo\s+preferred 50 % of 4 comparisons/),
		expect.stringMatching(/^other\s+preferred 25 % of 4 comparisons/),
	])
	// The address of a section shows it, although the lists above it arrive later.
	await page.goto(`${pages.server.url}/health`)
	await page.goto(`${pages.server.url}/settings#votes`)
	await page.waitForFunction(() => document.activeElement?.textContent === 'Your votes')
	await page.getByRole('button', { name: 'New key' }).waitFor()
	await page.waitForFunction(
		() =>
			(document.querySelector('.vote-sums')?.getBoundingClientRect().bottom ?? Number.POSITIVE_INFINITY) < innerHeight,
	)
	const tools = page.getByRole('region', { name: 'Saved tools' })
	await tools.getByText('No tools yet.').waitFor()
	const importFile = (content: string) =>
		tools
			.locator('input[type=file]')
			.setInputFiles({ name: 'tools.json', mimeType: 'application/json', buffer: Buffer.from(content) })
	await importFile('{"tools": []}')
	await tools.getByRole('alert').getByText('This file has no tools.').waitFor()
	const parameters = { type: 'object', properties: { city: { type: 'string' } } }
	const look = { name: 'look', description: 'Looks.', parameters }
	await importFile(JSON.stringify({ tools: [{ type: 'function', function: look }, { type: 'web_search' }] }))
	await tools.getByText('1 tool imported. 1 entry is no function tool and was left out.').waitFor()
	await importFile(JSON.stringify([look, { name: 'ask', description: '' }]))
	await tools.getByText('2 tools imported. 1 of them replaced one of the same name.').waitFor()
	await tools.getByText('2 tools are saved.').waitFor()
	const downloading = page.waitForEvent('download')
	await tools.getByRole('button', { name: 'Export as JSON' }).click()
	const exported = JSON.parse(await textOfDownload(await downloading))
	expect(exported).toMatchObject([{ name: 'ask' }, look])
	// Of a great many comparisons, those that were answered last are read.
	let reads = 0
	await page.route(/\/v1\/conversations\?.*votes/, (route) => {
		reads++
		const data = [{ id: `conv_${reads}`, title: null, created_at: 1, updated_at: 1, metadata: {} }]
		return route.fulfill({ json: { data, has_more: true, last_id: `conv_${reads}` } })
	})
	await page.reload()
	await page.getByText('these are the sums of the last 1,000').waitFor()
	expect(reads).toBe(10)
	expect(opened.errors).toEqual([])
}, 60_000)

/** The browser's notifications, which a browser without a screen does not show. `decision` is what the person answers. */
const recordNotifications = `
	globalThis.notified = []
	globalThis.requests = 0
	globalThis.Notification = class {
		static permission = localStorage.decided ?? 'default'
		static async requestPermission() {
			requests++
			return (Notification.permission = localStorage.decided = globalThis.decision ?? 'granted')
		}
		constructor(title, options) {
			Object.assign(this, { title, ...options })
			notified.push(this)
		}
		close() {
			this.closed = true
		}
	}
	Object.defineProperty(document, 'hidden', { get: () => globalThis.isHidden === true })
	globalThis.hide = (isHidden) => {
		globalThis.isHidden = isHidden
		document.dispatchEvent(new Event('visibilitychange'))
	}`

test('a notification shows an answer that is ready while the page is hidden, if the person turned it on', async () => {
	const { url, key } = pages.server
	const opened = await pages.openPage({}, `${url}/health`)
	const { page } = opened
	await page.addInitScript(recordNotifications)
	const notified = (count: number) =>
		page.waitForFunction((wanted) => Reflect.get(globalThis, 'notified').length === wanted, count)
	await page.goto(`${url}/#key=${key}`)
	await opened.ask('Turned off')
	await opened.openSettings()
	expect(await page.evaluate('requests')).toBe(0)
	await page.evaluate("decision = 'denied'")
	const choice = page.getByRole('checkbox', { name: 'Notify me when an answer is ready' })
	await choice.click()
	await page.getByText('The browser does not permit notifications of this page.').waitFor()
	expect([await choice.isChecked(), await choice.isDisabled()]).toEqual([false, true])
	await page.evaluate("localStorage.decided = 'default'")
	await page.reload()
	await choice.check()
	expect(await page.evaluate('requests')).toBe(1)
	await opened.newChat()
	await opened.ask('On screen')
	const { path } = opened
	// Of another conversation while the page is visible: the list shows it.
	await opened.send('echo:delay 50 echo:repeat 50 word')
	await opened.openSettings()
	await page.getByRole('img', { name: 'Answer ready' }).waitFor()
	expect(await page.evaluate('notified.length')).toBe(0)
	await page.goBack()
	await page.locator('.answer').nth(1).waitFor()
	await page.evaluate('hide(true)')
	await opened.send('Hidden')
	await notified(1)
	expect(await page.evaluate('notified[0]')).toMatchObject({ title: 'On screen', body: 'Answer ready', lang: 'en' })
	await page.evaluate('hide(false)')
	await page.waitForFunction(() => Reflect.get(globalThis, 'notified')[0].closed === true)
	// A click opens the conversation, whatever is on screen.
	await page.evaluate('hide(true)')
	await opened.send('echo:delay 20 echo:repeat 30 elsewhere')
	await opened.openSettings()
	await notified(2)
	await page.evaluate('notified[1].onclick()')
	await page.waitForURL(({ pathname }) => pathname === path)
	// An answer that another window shows has been seen.
	const other = await opened.anotherTab(`${path}#key=${key}`)
	await other.page.locator('.answer').nth(3).waitFor()
	await other.page.waitForFunction(async () => {
		const { held = [] } = await navigator.locks.query()
		return held.some(({ name }) => name?.startsWith('dragoman.shown.'))
	})
	await opened.send('echo:delay 20 echo:repeat 30 shown')
	await page.locator('.answer .markdown', { hasText: 'shown' }).waitFor()
	await opened.openSettings()
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor({ state: 'detached' })
	await page.evaluate(() => navigator.locks.query())
	expect(await page.evaluate('notified.length')).toBe(2)
	expect(await page.getByRole('img', { name: 'Answer ready' }).count()).toBe(0)
	// One that no window shows is notified, until a window shows it.
	await other.newChat()
	await page.goBack()
	await page.locator('.answer').nth(4).waitFor()
	await opened.send('echo:delay 20 echo:repeat 30 unseen')
	await opened.openSettings()
	await notified(3)
	await opened.titled('(1) Settings · Dragoman')
	await other.page.goBack()
	await page.waitForFunction(() => Reflect.get(globalThis, 'notified')[2].closed === true)
	await opened.titled('Settings · Dragoman')
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 90_000)

test('on a phone the service worker shows the notification, and a click on it opens the conversation', async () => {
	const { url, key } = pages.server
	const opened = await pages.openPage({ serviceWorkers: 'allow', permissions: ['notifications'] }, `${url}/health`)
	const { page } = opened
	await page.addInitScript(`
		globalThis.Notification = class {
			static permission = 'granted'
			static requestPermission = async () => 'granted'
			// As on Android.
			constructor() {
				throw new TypeError('Illegal constructor')
			}
		}
		Object.defineProperty(document, 'hidden', { get: () => globalThis.isHidden === true })
		localStorage.setItem('dragoman.settings', '{"notifies": true}')`)
	await page.goto(`${url}/#key=${key}`)
	await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated')
	await opened.ask('First')
	const { path } = opened
	await page.evaluate("isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
	await opened.ask('Second')
	await opened.openSettings()
	const [worker] = page.context().serviceWorkers()
	if (worker === undefined) throw new Error('there is no service worker')
	const click = `(async () => {
		const [notification] = await registration.getNotifications()
		if (notification === undefined) return undefined
		const { title, body } = notification
		dispatchEvent(new NotificationEvent('notificationclick', { notification }))
		return { title, body }
	})()`
	let clicked: unknown
	while (clicked === undefined) clicked = await worker.evaluate(click)
	expect(clicked).toEqual({ title: 'First', body: 'Answer ready' })
	await page.waitForURL(({ pathname }) => pathname === path)
	// A window of another document of the server cannot show it, though it was used last.
	await opened.openSettings()
	const docs = await opened.anotherTab('/docs')
	await docs.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
	await docs.page.bringToFront()
	const show = `(async () => {
		await registration.showNotification('Again', { data: { address: '${url}${path}' } })
		const [notification] = await registration.getNotifications()
		dispatchEvent(new NotificationEvent('notificationclick', { notification }))
		await clients.matchAll()
		for (const client of await clients.matchAll()) client.postMessage({ type: 'marker' })
	})()`
	await worker.evaluate(show)
	await page.waitForURL(({ pathname }) => pathname === path)
	// Of several windows, the one that shows it already, whichever it is.
	const other = await opened.anotherTab(`/settings#key=${key}`)
	for (const one of [other, opened]) {
		await one.page.goto(`${url}/settings`)
		const beside = one === other ? opened : other
		await beside.page.goto(`${url}${path}`)
		await beside.page.locator('.answer').first().waitFor()
		await one.page.evaluate(() => {
			navigator.serviceWorker.addEventListener('message', ({ data }) => {
				if (data.type === 'marker') Reflect.set(globalThis, 'isMarked', true)
			})
		})
		await worker.evaluate(show)
		await one.page.waitForFunction(() => Reflect.get(globalThis, 'isMarked') === true)
		expect(one.path).toBe('/settings')
	}
	expect(opened.errors).toEqual([])
}, 60_000)
