// A comparison: the same question for several models, the vote, and the conversation that it becomes.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type OpenPage, TestPages } from './page.testing.ts'
import { readVotes, sumVotes, writeVotes } from './state/votes.ts'
import { fingerOn, swipe } from './touch.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

const columnsOf = ({ page }: OpenPage) => page.getByRole('region', { name: /^Answers of/ })

async function metadataOf({ path }: OpenPage): Promise<Readonly<Record<string, string>>> {
	const response = await pages.server.call(`/openai/v1/conversations/${path.split('/').at(-1)}`)
	return (await response.json()).metadata
}

async function openComparison(options: Parameters<TestPages['openPage']>[0] = {}): Promise<OpenPage> {
	const opened = await pages.openPage(options)
	await opened.page.keyboard.press('Control+Shift+KeyM')
	await columnsOf(opened).nth(1).waitFor()
	return opened
}

test('compares models, stores the vote, and continues one of them', async () => {
	const opened = await openComparison({ viewport: { width: 1440, height: 900 } })
	const { page, bodies } = opened
	const columns = columnsOf(opened)
	await page.getByRole('button', { name: 'Add a model' }).click()
	await columns.nth(2).getByRole('button', { name: 'Remove this model' }).click()
	await columns.nth(1).locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'dead' }).click()
	await columns.nth(1).locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'second' }).click()
	await opened.ask('Which one is better?')
	expect(opened.path).toStartWith('/compare/conv_')
	expect(bodies.map(({ model }) => model)).toEqual(['echo', 'second'])
	expect(await opened.answers()).toEqual(['Which one is better?', 'Which one is better?'])
	await page.locator('.column-text').first().focus()
	await page.keyboard.press('2')
	await columns.nth(1).getByRole('button', { name: 'Preferred' }).waitFor()
	await opened.chooseInMenu('Code', columns.nth(1).locator('.answer').last())
	await page.getByRole('complementary').getByText('"model": "second"').waitFor()
	await page.keyboard.press('Escape')
	expect(await page.inputValue('#message')).toBe('')
	await opened.ask('And now?')
	// The second question has no vote yet.
	expect(await page.getByRole('button', { name: 'Preferred' }).count()).toBe(0)
	await columns.nth(0).getByRole('button', { name: 'Prefer this' }).click()
	await page.getByText('Your votes: echo 1, second 1').waitFor()
	await page.locator('.column-text').first().focus()
	await page.keyboard.press('0')
	await page.getByText('Tie').first().waitFor()
	await page.getByText('Your votes: second 1').waitFor()
	expect(await metadataOf(opened)).toEqual({ view: 'compare', compare: '["echo","second"]', votes: '20' })
	await page.reload()
	for (const index of [0, 1]) await columns.nth(index).locator('.answer', { hasText: 'And now?' }).waitFor()
	expect([...(await opened.answers())].sort()).toEqual(
		['Which one is better?', 'Which one is better?', 'And now?', 'And now?'].sort(),
	)
	await page.getByText('Tie').first().waitFor()
	await columns.nth(1).getByRole('button', { name: 'Go on with this one' }).click()
	await page.locator('.siblings').getByText('2 of 2').waitFor()
	expect(opened.path).toStartWith('/c/conv_')
	expect(await opened.answers()).toEqual(['Which one is better?', 'And now?'])
	expect(await page.locator('.answer .speaker b').first().textContent()).toBe('second')
	expect(await metadataOf(opened)).toEqual({ compare: '["echo","second"]', votes: '20' })
	expect(opened.errors).toEqual([])
}, 60_000)

test('a column fails or stops alone, and there is no vote before all have answered', async () => {
	const opened = await openComparison()
	const { page } = opened
	const columns = columnsOf(opened)
	await opened.send('echo:delay 50 echo:repeat 400 word')
	await columns.nth(0).getByText('word word').waitFor()
	await columns.nth(1).getByText('word word').waitFor()
	expect(await columns.nth(0).getByRole('button', { name: 'Prefer this' }).isDisabled()).toBe(true)
	// The answers continue without the page.
	await page.reload()
	await columns.nth(0).getByText('word word').waitFor()
	await columns.nth(1).getByText('word word').waitFor()
	await columns.nth(0).getByRole('button', { name: 'Stop' }).click()
	await columns.nth(0).getByText('Stopped').waitFor()
	expect(await columns.nth(1).getByRole('button', { name: 'Stop' }).count()).toBe(1)
	await page.locator('.composer').getByRole('button', { name: 'Stop' }).click()
	await opened.answered()
	expect(await columns.nth(0).getByRole('button', { name: 'Prefer this' }).isEnabled()).toBe(true)
}, 60_000)

test('a question that could not be sent is sent once to each model, also after a reload', async () => {
	const opened = await openComparison()
	const { page } = opened
	await opened.ask('First')
	const id = opened.path.split('/').at(-1)
	await page.route('**/v1/responses', (route) => route.abort())
	await opened.send('Asked in a tunnel')
	for (const index of [0, 1]) await columnsOf(opened).nth(index).getByText('Your message is kept.').waitFor()
	await page.unroute('**/v1/responses')
	await page.reload()
	for (const index of [0, 1])
		await columnsOf(opened).nth(index).locator('.markdown', { hasText: 'Asked in a tunnel' }).waitFor()
	await opened.answered()
	const stored = await (await pages.server.call(`/openai/v1/conversations/${id}/export`)).json()
	const columns = stored.turns.map(
		({ metadata }: { readonly metadata: { readonly column: string } }) => metadata.column,
	)
	expect(columns.toSorted()).toEqual(['0', '0', '1', '1'])
}, 60_000)

test('a comparison that cannot begin leaves the question in the box', async () => {
	const opened = await openComparison()
	const { page } = opened
	await page.route('**/v1/conversations', (route) => route.abort())
	await opened.send('Not yet')
	await page.getByText('The comparison could not begin. Your message is not sent.').waitFor()
	expect(await page.inputValue('#message')).toBe('Not yet')
	await page.unroute('**/v1/conversations')
	await page.press('#message', 'Enter')
	await opened.answered()
	expect(await opened.answers()).toEqual(['Not yet', 'Not yet'])
}, 60_000)

test('hides the names until the vote', async () => {
	const opened = await openComparison({ viewport: { width: 1440, height: 900 } })
	const { page } = opened
	const columns = columnsOf(opened)
	await page.getByRole('checkbox', { name: 'Hide names' }).check()
	await opened.ask('Who are you?')
	expect(await page.locator('.columns').innerHTML()).not.toMatch(/\b(echo|second)\b/)
	await columns.nth(0).getByText('A', { exact: true }).first().waitFor()
	await columns.nth(0).getByRole('button', { name: 'Prefer this' }).click()
	await page
		.locator('.columns')
		.getByText(/^(echo|second)$/)
		.first()
		.waitFor()
	const { compare = '[]' } = await metadataOf(opened)
	expect(await page.locator('.columns .model-button').allTextContents()).toEqual(JSON.parse(compare))
}, 60_000)

test('columns are tabs on a phone', async () => {
	const opened = await openComparison({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
	const { page } = opened
	await opened.ask('echo:repeat 500 word')
	const [first, second] = [columnsOf(opened).nth(0), columnsOf(opened).nth(1)]
	await page.getByRole('tab', { name: 'echo' }).focus()
	await page.keyboard.press('ArrowRight')
	expect(await page.getByRole('tab', { name: 'second' }).getAttribute('aria-selected')).toBe('true')
	await page.waitForFunction(() => (document.querySelectorAll('.column')[1]?.getBoundingClientRect().left ?? 1) === 0)
	expect((await first.boundingBox())?.x).toBeLessThan(0)
	expect((await second.boundingBox())?.width).toBeLessThanOrEqual(390)
	await second.getByRole('button', { name: 'Tie: no answer is better', exact: true }).click()
	await second.getByText('Tie', { exact: true }).waitFor()
	await second.getByRole('button', { name: 'Prefer this' }).click()
	await second.getByText(/^Preferred \d+ of \d+ times$/).waitFor()
	expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
	// A swipe of a finger shows the column beside it.
	await swipe(await fingerOn(page), [60, 400], [370, 400])
	await page.getByRole('tab', { name: 'echo', selected: true }).waitFor()
	await page.waitForFunction(() => document.querySelector('.column')?.getBoundingClientRect().left === 0)
}, 60_000)

test('votes are read as they were written, and summed by model', () => {
	const votes = [0, 'tie', undefined, 3] as const
	expect(writeVotes(votes)).toBe('10-4')
	expect(readVotes({ votes: '10-4' })).toEqual([...votes])
	expect(readVotes({ votes: 'x9' })).toEqual([undefined, undefined])
	expect(
		sumVotes([
			{ metadata: { compare: '["a","b"]', votes: '122' } },
			{ metadata: { compare: '["b","a"]', votes: '2-04' } },
			{ metadata: { compare: 'no JSON', votes: '1' } },
			{ metadata: {} },
		]),
	).toEqual(
		new Map([
			['a', { preferred: 2, compared: 5 }],
			['b', { preferred: 2, compared: 5 }],
		]),
	)
})

test('keys act in the column that has the focus, and the list of keys opens', async () => {
	const opened = await openComparison()
	const { page } = opened
	await opened.ask('One')
	const column = columnsOf(opened).nth(1)
	await column.locator('.column-text').focus()
	await page.keyboard.press('j')
	await column.locator('article.turn:focus').waitFor()
	await page.keyboard.press('r')
	await column.getByText('2 of 2').waitFor()
	await opened.answered()
	await page.keyboard.press('Alt+ArrowLeft')
	await column.getByText('1 of 2').waitFor()
	expect(await columnsOf(opened).nth(0).locator('.siblings').count()).toBe(0)
	// No other model can answer in a column: the arrow opens nothing.
	await column.getByRole('button', { name: 'Regenerate' }).press('ArrowDown')
	expect(await page.locator(':popover-open').count()).toBe(0)
	await column.locator('.column-text').focus()
	await page.keyboard.press('?')
	await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
	await page.keyboard.press('0')
	await page.keyboard.press('Escape')
	expect((await metadataOf(opened)).votes).toBe('')
	// The button disappears with its answer: the focus stays in the column.
	await column.getByRole('button', { name: 'Regenerate' }).focus()
	await page.keyboard.press('Enter')
	await column.locator('.column-text:focus').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('a comparison is in progress until its last column is', async () => {
	const opened = await openComparison({ viewport: { width: 1440, height: 900 } })
	const { page } = opened
	const columns = columnsOf(opened)
	await opened.send('echo:delay 50 echo:repeat 400 word')
	for (const index of [0, 1]) await columns.nth(index).getByText('word word').waitFor()
	await columns.nth(0).getByRole('button', { name: 'Stop' }).click()
	await columns.nth(0).getByText('Stopped').waitFor()
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor()
	await columns.nth(1).getByRole('button', { name: 'Stop' }).click()
	await page.getByRole('img', { name: 'Answer in progress' }).waitFor({ state: 'detached' })
}, 60_000)
