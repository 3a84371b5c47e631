// Answers survive losses: reloads, a network that breaks, requests without a response, limits, a server that restarts.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Route } from 'playwright-core'
import { startServer } from '../test/server.ts'
import { CutLine } from './cut-line.testing.ts'
import { signedIn, TestPages, words } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** As a server whose upstreams are down. */
const refuse = (route: Route) =>
	route.fulfill({ status: 503, json: { error: { message: 'All upstreams failed.', code: 'model_unavailable' } } })

test.concurrent('a reload at ten moments of an answer: the text is whole, asked once, billed once', async () => {
	// Counts the conversations of a server of its own.
	await using own = await TestPages.open()
	const opened = await own.openPage()
	const { page } = opened
	for (let round = 0; round < 10; round++) {
		await page.goto(`${own.server.url}/`)
		await signedIn(page)
		await opened.send(`echo:delay 10 echo:repeat 40 w${round}`)
		// From before the request has been sent to after the end of the answer.
		await page.waitForTimeout(Math.random() * 60 * round)
		await page.reload()
		await page.locator('.answer', { hasText: `w${round}` }).waitFor()
		await opened.answered()
		expect(await opened.answers()).toEqual([words(`w${round}`, 40)])
		expect((await opened.stored()).turns.map(({ state }) => state)).toEqual(['completed'])
	}
	const list = await (await own.server.call('/openai/v1/conversations?limit=100')).json()
	expect(list.data.length).toBe(10)
	expect(opened.errors).toEqual([])
}, 120_000)

test.concurrent('a network that breaks in mid-answer: the text stays, the page says so, and nothing is lost', async () => {
	await using line = await CutLine.to(pages.server.url)
	const opened = await pages.openPage({}, `${line.url}/#key=${pages.server.key}`)
	const { page } = opened
	await signedIn(page)
	await opened.send('echo:delay 20 echo:repeat 300 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	line.cut()
	await page.getByText('Reconnecting… The answer continues on the server.').waitFor()
	expect((await opened.answers())[0]).toContain('word word')
	// A loss of less than five seconds is not worth a sentence; this one is longer.
	await page.waitForTimeout(4500)
	line.mend()
	await page.evaluate(() => window.dispatchEvent(new Event('online')))
	await page.getByText('Reconnected.').waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual([words('word', 300)])
	await page.getByText('Reconnected.').waitFor({ state: 'hidden' })
	expect(opened.bodies.length).toBe(1)
}, 60_000)

test.concurrent('a computer that slept in mid-answer: its connection is dead, and the answer is complete', async () => {
	await using line = await CutLine.to(pages.server.url)
	const opened = await pages.openPage({}, `${line.url}/health`)
	const { page } = opened
	await page.clock.install()
	await page.goto(`${line.url}/#key=${pages.server.key}`)
	await signedIn(page)
	await opened.send('echo:delay 20 echo:repeat 100 word')
	await page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
	line.fallSilent()
	await page.clock.fastForward(3_600_000)
	await opened.answered()
	expect([await opened.answers(), opened.bodies.length]).toEqual([[words('word', 100)], 1])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a request whose response is lost is looked up, and never sent twice', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	let lose = true
	await page.route('**/v1/responses', async (route) => {
		if (lose) await route.fetch()
		if (lose) await route.abort()
		else await route.continue()
		lose = false
	})
	await opened.ask('First')
	expect((await opened.stored()).turns.length).toBe(1)
	lose = true
	await opened.ask('Second')
	expect(await opened.answers()).toEqual(['First', 'Second'])
	expect((await opened.stored()).turns.length).toBe(2)
	expect(opened.bodies.length).toBe(2)
}, 60_000)

test.concurrent('a request that never arrived is sent again', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	let lose = true
	await page.route('**/v1/responses', (route) => {
		const lost = lose
		lose = false
		return lost ? route.abort() : route.continue()
	})
	await opened.ask('Hello')
	expect(await opened.answers()).toEqual(['Hello'])
	expect((await opened.stored()).turns.length).toBe(1)
}, 60_000)

test.concurrent('a question without a connection waits, also through a reload, and can be taken back', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.waitForLoadState('networkidle')
	await page.context().setOffline(true)
	await page.getByText('No connection. Your draft is saved.').waitFor()
	await opened.send('Asked on a train')
	await page.getByText('Will be sent when you are online.').waitFor()
	await page.getByRole('button', { name: 'Do not send' }).click()
	expect(await page.inputValue('#message')).toBe('Asked on a train')
	await page.press('#message', 'Enter')
	await page.getByText('Will be sent when you are online.').waitFor()
	await page.context().setOffline(false)
	await opened.answered()
	expect(await opened.answers()).toEqual(['Asked on a train'])
	// Without the server, but with the page.
	await page.route('**/openai/**', (route) => route.abort())
	await opened.send('Asked in a tunnel')
	await page.getByRole('status').filter({ hasText: 'Your message is kept.' }).waitFor()
	await page.unroute('**/openai/**')
	await page.reload()
	await page.locator('.answer .markdown', { hasText: 'Asked in a tunnel' }).waitFor()
	await opened.answered()
	expect((await opened.stored()).turns.length).toBe(2)
}, 60_000)

test.concurrent('a question for a conversation that is not on screen is sent, too', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	const { path } = opened
	await page.route('**/v1/responses', (route) => route.abort())
	await opened.send('Second')
	await page.getByText('Your message is kept.').waitFor()
	await page.unroute('**/v1/responses')
	await page.goto(`${pages.server.url}/settings`)
	await page.waitForFunction(() => Object.keys(localStorage).every((name) => !name.includes('outbox')))
	await page.goto(pages.server.url + path)
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	expect((await opened.stored()).turns.length).toBe(2)
}, 60_000)

test.concurrent('a limit counts down and the question is sent by itself; with an overloaded server, too', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const refusals = [
		{ status: 429, headers: { 'retry-after': '3' }, code: 'rate_limit_exceeded' },
		{ status: 503, headers: { 'retry-after': '2' }, code: 'server_is_overloaded' },
	]
	await page.route('**/v1/responses', (route) => {
		const refusal = refusals.shift()
		if (refusal === undefined) return route.continue()
		const { status, headers, code } = refusal
		return route.fulfill({ status, headers, json: { error: { message: 'Not now.', code } } })
	})
	await opened.send('Hello')
	await page.getByText('Too many requests. Your message is kept. It will be sent in 0:0').waitFor()
	await page.getByText(/Too many requests at the moment\. It will be tried again in [12] s\./).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual(['Hello'])
	expect((await opened.stored()).turns.length).toBe(1)
}, 60_000)

test.concurrent('a refused question survives a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/responses', refuse)
	await opened.send('Important')
	await page.getByRole('alert').filter({ hasText: 'is not available right now. Your message is kept.' }).waitFor()
	await page.unroute('**/v1/responses')
	await page.reload()
	await page.getByRole('alert').filter({ hasText: 'Your message is kept.' }).waitFor()
	await page.getByRole('button', { name: 'Try again' }).click()
	await page.locator('.answer .markdown', { hasText: 'Important' }).waitFor()
}, 60_000)

test.concurrent('a refused question is not lost if it is sent again before the models are known', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	await page.route('**/v1/responses', refuse)
	await opened.send('Important')
	await page.getByRole('alert').filter({ hasText: 'Your message is kept.' }).waitFor()
	await page.unroute('**/v1/responses')
	const held = Promise.withResolvers<void>()
	await page.route(/\/v1\/models/, async (route) => {
		await held.promise
		await route.continue()
	})
	await page.reload()
	const sent = opened.bodies.length
	for (let click = 0; click < 2; click++) await page.getByRole('button', { name: 'Try again' }).click()
	expect(await page.locator('.question', { hasText: 'Important' }).count()).toBe(1)
	held.resolve()
	await page.locator('.answer .markdown', { hasText: 'Important' }).waitFor()
	await opened.answered()
	expect(opened.bodies.length).toBe(sent + 1)
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a refused question remains in the outbox beside an empty new chat', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/responses', refuse)
	await opened.send('Refused')
	await page.getByRole('alert').filter({ hasText: 'Your message is kept.' }).waitFor()
	await opened.newChat()
	expect(await page.getByText('Refused').count()).toBe(0)
	await page.unroute('**/v1/responses')
	await opened.ask('Another')
	expect(await opened.answers()).toEqual(['Another'])
	await page.goto(pages.server.url)
	await page.getByRole('alert').filter({ hasText: 'Your message is kept.' }).waitFor()
	await page.getByRole('button', { name: 'Try again' }).click()
	await page.locator('.answer .markdown', { hasText: 'Refused' }).waitFor()
}, 60_000)

test.concurrent('another screen neither repeats what is being sent nor is left for it', async () => {
	const opened = await pages.openPage()
	const { page, bodies } = opened
	const held = Promise.withResolvers<void>()
	await page.route('**/v1/responses', async (route) => {
		await held.promise
		await route.continue()
	})
	await opened.send('echo:delay 30 echo:repeat 60 foremost')
	await opened.send('Second')
	await opened.openSettings()
	await page.goBack()
	await page.getByText('Will be sent after this answer').waitFor()
	await opened.openSettings()
	held.resolve()
	await page.locator('.sidebar a', { hasText: 'foremost' }).waitFor()
	expect(opened.path).toBe('/settings')
	await page.locator('.sidebar a', { hasText: 'foremost' }).click()
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual([words('foremost', 60), 'Second'])
	expect([bodies.length, (await opened.stored()).turns.length]).toEqual([2, 2])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a question that waits for the first answer of a conversation survives a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.route('**/v1/responses', (route) => route.abort())
	await opened.send('First')
	await page.getByText('Your message is kept.').waitFor()
	await opened.send('Second')
	await page.getByText('Will be sent after this answer').waitFor()
	await page.reload()
	await page.getByText('Will be sent after this answer').waitFor()
	await page.unroute('**/v1/responses')
	await page.evaluate(() => window.dispatchEvent(new Event('online')))
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual(['First', 'Second'])
	expect((await opened.stored()).turns.length).toBe(2)
}, 60_000)

test.concurrent('a question that another tab takes back is not sent', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	await page.context().route('**/v1/responses', (route) => route.abort())
	await opened.send('Taken back')
	await page.getByText('Your message is kept.').waitFor()
	const other = await opened.anotherTab(`${opened.path}#key=${pages.server.key}`)
	await other.page.locator('.question', { hasText: 'Taken back' }).waitFor()
	await other.page.getByRole('button', { name: 'Stop' }).click()
	expect(await other.page.inputValue('#message')).toBe('Taken back')
	await page.context().unroute('**/v1/responses')
	await page.evaluate(() => window.dispatchEvent(new Event('online')))
	await page.locator('.question', { hasText: 'Taken back' }).waitFor({ state: 'detached' })
	expect((await opened.stored()).turns.length).toBe(1)
	expect([...opened.errors, ...other.errors]).toEqual([])
}, 60_000)

test.concurrent('a revoked key: a dialog, the draft stays, and a new key continues at the same place', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	await page.fill('#message', 'A draft')
	// No request of the composer meets the refusals.
	await page.getByText('tokens used').waitFor()
	await page.route('**/openai/v1/**', (route) =>
		route.fulfill({ status: 401, json: { error: { message: 'Revoked.' } } }),
	)
	await page.locator('.answer').getByRole('button', { name: 'Regenerate' }).click()
	await page.getByRole('dialog').getByText('your draft is kept').waitFor()
	await page.unroute('**/openai/v1/**')
	await page.getByRole('dialog').getByRole('textbox').fill(pages.server.key)
	await page.getByRole('dialog').getByRole('button', { name: 'Sign in' }).click()
	await page.getByRole('dialog').waitFor({ state: 'hidden' })
	expect(await page.inputValue('#message')).toBe('A draft')
	await page.getByRole('button', { name: 'Try again' }).click()
	await page.locator('.answer .markdown', { hasText: 'First' }).waitFor()
	await opened.answered()
	// Drafts survive the sign-out, each in its conversation.
	await page.reload()
	await signedIn(page)
	expect(await page.inputValue('#message')).toBe('A draft')
	await opened.newChat()
	expect(await page.inputValue('#message')).toBe('')
}, 60_000)

test.concurrent('questions wait for the answer in progress, and can be removed', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send('echo:delay 30 echo:repeat 300 word')
	await page.locator('.answer .markdown', { hasText: 'word' }).waitFor()
	await opened.send('Second')
	await opened.send('Never asked')
	expect(await page.getByText('Will be sent after this answer').count()).toBe(2)
	await page.locator('.queued li', { hasText: 'Never asked' }).getByRole('button', { name: 'Remove' }).click()
	await page.reload()
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual([words('word', 300), 'Second'])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a restart of the server in mid-answer: what arrived is there, with a sentence', async () => {
	const first = await startServer()
	await using line = await CutLine.to(first.url)
	const opened = await pages.openPage({}, `${line.url}/#key=${first.key}`)
	const { page } = opened
	await signedIn(page)
	await opened.send(`echo:delay 30 ${words('word', 200)}`)
	await page.locator('.answer .markdown', { hasText: 'word word word' }).waitFor()
	await first.stop('SIGKILL')
	const second = await startServer({ data: first.data })
	line.mend(second.url)
	try {
		await page.getByRole('alert').filter({ hasText: 'The server restarted during this answer.' }).waitFor()
		expect((await opened.answers())[0]).toContain('word word word')
		expect(await page.getByRole('button', { name: 'Continue' }).count()).toBe(1)
		await page.reload()
		await page.getByRole('alert').filter({ hasText: 'The server restarted during this answer.' }).waitFor()
		expect((await opened.answers())[0]).toContain('word word word')
		await page.getByRole('button', { name: 'Continue' }).click()
		await page.getByRole('alert').waitFor({ state: 'hidden' })
		await opened.answered()
		expect(await opened.answers()).toEqual([words('word', 200)])
		await page.reload()
		await page.locator('.answer').waitFor()
		expect(await opened.answers()).toEqual([words('word', 200)])
	} finally {
		await second.stop()
	}
}, 60_000)
