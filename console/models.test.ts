// The list of models: 2,000 of them in groups, with their facts, found by name or alias, with the keyboard alone, and those that
// are unavailable.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { TestPages } from './page.testing.ts'
import { findModels } from './state/find-models.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open({
		models: Array.from({ length: 2000 }, (_, index) => `numbered-${index}`),
		configured: [
			'expensive: { route: [echo], aliases: [costly], price: { currency: EUR, input: 0.4, output: 1.2 } }',
			'queued: { route: [narrow] }',
			'gratis: { route: [echo], capabilities: [tools, reasoning], contextTokens: 32768, price: { input: 0, output: 0 } }',
		],
		further: `  narrow: { engine: echo, concurrency: { limit: 1 } }
page: { recommended: [gratis, costly, numbered-1500, unknown] }
`,
	})
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

test('a model is found and chosen with the keyboard', async () => {
	const opened = await pages.openPage({ viewport: { width: 390, height: 844 } })
	const { page, bodies } = opened
	const options = page.getByRole('menuitemradio')
	const focused = (name: string) =>
		page.waitForFunction((wanted) => document.activeElement?.querySelector('b')?.textContent === wanted, name)
	const listed = async () => Number(await options.first().getAttribute('aria-setsize'))
	// The first one that the operator recommends.
	await page.locator('.model-button', { hasText: 'gratis' }).waitFor()
	await page.keyboard.press('Control+Comma')
	const groups = page.getByRole('group')
	await groups.nth(1).waitFor()
	expect(await page.locator('.model-group').allTextContents()).toEqual(['Recommended', 'All models'])
	expect(await groups.first().locator('b').allTextContents()).toEqual(['gratis', 'expensive', 'numbered-1500'])
	const [gratis] = await groups.first().getByRole('menuitemradio').allTextContents()
	expect(gratis).toStartWith('gratis32k context')
	expect(gratis).toEndWith('free')
	for (const name of ['Calls tools', 'Thinks before it answers'])
		expect(await groups.first().getByRole('img', { name }).count()).toBe(1)
	// Only those around the view exist.
	expect(await listed()).toBe(2009)
	expect(await options.count()).toBeLessThan(60)
	for (const [key, name] of [
		['ArrowDown', 'gratis'],
		['End', 'queued'],
		['ArrowUp', 'numbered-1999'],
		['PageUp', 'numbered-1991'],
		['Home', 'gratis'],
	] as const) {
		await page.keyboard.press(key)
		await focused(name)
	}
	for (let press = 0; press < 20; press++) await page.keyboard.press('PageDown')
	// 160 options after the first one: three are recommended, six are of every test.
	await focused('numbered-151')
	await page.getByRole('menu', { name: 'Model' }).hover()
	await page.mouse.wheel(0, 40_000)
	await options
		.filter({ hasText: /numbered-[89]\d\d/ })
		.first()
		.waitFor()
	expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Find a model')
	await page.keyboard.type('number 199')
	await page.waitForFunction(() => document.querySelector('.model-option')?.getAttribute('aria-setsize') === '12')
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('ArrowDown')
	await page.keyboard.press('Enter')
	await page.locator('.model-button', { hasText: 'numbered-1199' }).waitFor()
	await opened.ask('Hello')
	expect(bodies.at(-1)?.model).toBe('numbered-1199')
	await page.keyboard.press('Control+Comma')
	// The chosen one is in view, far down in the list.
	await page.getByRole('menuitemradio', { checked: true }).filter({ hasText: 'numbered-1199' }).waitFor()
	await page.keyboard.type('nothing')
	await page.getByText('No model has this name.').waitFor()
	await page.getByRole('textbox', { name: 'Find a model' }).fill('costly')
	expect(await options.allTextContents()).toEqual([expect.stringContaining('€0.40 in, €1.20 out / M')])
	await page.keyboard.press('Enter')
	await page.locator('.model-button', { hasText: 'expensive' }).waitFor()
	await page.keyboard.press('Control+Comma')
	await page.locator('[aria-label="Find a model"]:focus').waitFor()
	await page.keyboard.type('costly')
	// What opens again immediately is empty.
	await page.evaluate(() => {
		document.querySelector<HTMLElement>(':popover-open')?.hidePopover()
		document.querySelector<HTMLElement>('.model-button')?.click()
	})
	await page.locator('[aria-label="Find a model"]:focus:placeholder-shown').waitFor()
	await page.keyboard.type('second')
	await page.getByRole('img', { name: 'Reads pictures' }).waitFor()
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
	await page.keyboard.press('Escape')
	await page
		.locator('.composer input[type=file]')
		.setInputFiles({ name: 'a.txt', mimeType: '', buffer: Buffer.from('word '.repeat(1000).trim()) })
	await page.getByText('1,000 tokens, €0.0004 with each message').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('the list says how fast a model was in the last hour', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.locator('.model-button').click()
	await page.locator('[aria-label="Find a model"]:focus').waitFor()
	await page.keyboard.type('numbered-42')
	await page.keyboard.press('Enter')
	await opened.ask(`echo:delay 20 ${'word '.repeat(20)}`)
	await page.keyboard.press('Control+Comma')
	await page.locator('[aria-label="Find a model"]:focus').waitFor()
	await page.keyboard.type('numbered-42')
	await page.locator('.model-option', { hasText: /^numbered-42100k context, [\d.]+ tok\/s$/ }).waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('a question that waits says how many are ahead, also after a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const ahead: AbortController[] = []
	const wait = async () => {
		const ending = new AbortController()
		ahead.push(ending)
		const body = JSON.stringify({ model: 'queued', input: 'echo:hang', stream: true, background: true })
		const { url, key } = pages.server
		const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
		const response = await fetch(`${url}/v1/responses`, { method: 'POST', headers, body, signal: ending.signal })
		return `resp_${response.headers.get('x-dragoman-stream')}`
	}
	const before = [await wait(), await wait(), await wait()]
	await page.locator('.model-button').click()
	await page.locator('[aria-label="Find a model"]:focus').waitFor()
	await page.keyboard.type('queued')
	await page.keyboard.press('Enter')
	await opened.send('Hello')
	await page.getByText('Waiting for queued. 2 requests are ahead of yours.').waitFor()
	await page.reload()
	await page.getByText('2 requests are ahead of yours.').waitFor()
	const end = (id: string | undefined) => pages.server.call(`/v1/responses/${id}/cancel`, {})
	await end(before[2])
	await page.getByText('1 request is ahead of yours.').waitFor()
	await end(before[1])
	await page.getByText('Your request is next.').waitFor()
	await end(before[0])
	await opened.answered()
	expect(await opened.answers()).toEqual(['Hello'])
	for (const ending of ahead) ending.abort()
	expect(opened.errors).toEqual([])
}, 60_000)

test('recommended models are first, and those without an upstream last', () => {
	const models = [{ id: 'a', health: 'none', aliases: ['first'] }, { id: 'b', health: 'limited' }, { id: 'c' }] as const
	const found = (query: string, recommended: readonly string[] = []) =>
		findModels(models, query, recommended).map(({ type, models: group }) => [type, group.map(({ id }) => id).join()])
	expect(found('')).toEqual([['others', 'b,c,a']])
	expect(found('', ['c', 'a', 'x'])).toEqual([
		['recommended', 'c'],
		['others', 'b,a'],
	])
	expect(found('FIRST', ['a'])).toEqual([['others', 'a']])
	expect(found('x')).toEqual([])
})
