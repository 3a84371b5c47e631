// What an answer looks like: formulas, diagrams, tables, code, links, pictures, tool calls, probabilities, thinking.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writePng } from './attachments.testing.ts'
import { type OpenPage, TestPages, textOfDownload, words } from './page.testing.ts'

/** Answers under another name than the requested one. */
const dated = Bun.serve({
	hostname: '127.0.0.1',
	port: 0,
	fetch: () => {
		const chunk = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'dated-2026-11' }
		const choices = [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }]
		const events = `data: ${JSON.stringify({ ...chunk, choices })}\n\ndata: [DONE]\n\n`
		return new Response(events, { headers: { 'content-type': 'text/event-stream' } })
	},
})

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open({
		configured: ['alias: { route: [dated] }'],
		upstreams: [`dated: { engine: openai-compatible, url: 'http://127.0.0.1:${dated.port}/v1' }`],
	})
}, 60_000)
afterAll(async () => {
	await pages[Symbol.asyncDispose]()
	await dated.stop(true)
})

/** Addresses of other hosts that the page requests from now on. */
function foreignRequests({ page }: OpenPage): readonly string[] {
	const found: string[] = []
	page.context().on('request', (request) => {
		const url = request.url()
		if (!url.startsWith(pages.server.url) && !/^(data|blob):/.test(url)) found.push(url)
	})
	return found
}

/** The texts that the page copies from now on. */
async function copiedTexts({ page }: OpenPage): Promise<() => Promise<readonly string[]>> {
	await page.evaluate(() => {
		const copied: string[] = []
		Object.assign(window, { copied })
		Object.defineProperty(navigator, 'clipboard', {
			value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
		})
	})
	return () => page.evaluate('window.copied')
}

const fenced = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\``

test('draws formulas with fonts of this server, and shows the source of those that are not valid', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const foreign = foreignRequests(opened)
	const loaded: string[] = []
	page.on('response', (response) => loaded.push(new URL(response.url()).pathname))
	await opened.ask('No formula')
	expect(loaded.filter((path) => /maths|KaTeX/.test(path))).toEqual([])
	await opened.ask(
		'echo:say Let $x_1 * y$ and \\(z\\). It costs $5 and $6.\n\n$$\n\\frac{a}{b}\n$$\n\n\\[\\sum_i\\]\n\nBad $\\frac{a$.\n\n| f |\n|---|\n| $q$ |',
	)
	const answer = page.locator('.answer').last()
	await answer.locator('.katex').nth(4).waitFor()
	expect(await answer.locator('.maths').count()).toBe(6)
	expect(await answer.locator('.katex-display').count()).toBe(2)
	expect(await answer.locator('math').first().textContent()).toContain('x')
	expect(await answer.textContent()).toContain('It costs $5 and $6.')
	expect(await answer.locator('.maths-source').allTextContents()).toEqual(['\\frac{a'])
	await page.waitForFunction('document.fonts.check("16px KaTeX_Math")')
	expect(loaded.some((path) => /KaTeX_Math-Italic-\w+\.woff2$/.test(path))).toBe(true)
	expect(foreign).toEqual([])
	expect(opened.errors).toEqual([])
}, 60_000)

test('draws diagrams in a frame without access, when they are complete', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const foreign = foreignRequests(opened)
	await opened.send(`echo:delay 30 echo:say ${fenced('mermaid', 'graph TD; A[Start] --> B[End]')}`)
	await page.locator('.answer .language', { hasText: 'mermaid' }).waitFor()
	const drawing = page.locator('.answer').getByRole('img', { name: 'Diagram' })
	await drawing.waitFor()
	await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('.diagram img')?.naturalWidth ?? 0) > 20)
	expect(await drawing.getAttribute('src')).toStartWith('blob:')
	expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts')
	const frame = page.frames().find((other) => other.url().endsWith('/page/diagram'))
	expect(await frame?.evaluate('self.origin')).toBe('null')
	expect(await frame?.evaluate('fetch("/version").then(() => "reached", () => "blocked")')).toBe('blocked')
	await page.getByRole('button', { name: 'Show the code' }).click()
	expect(await page.locator('.answer pre').textContent()).toContain('A[Start]')
	await page.getByRole('button', { name: 'Show the diagram' }).click()
	await page.getByRole('button', { name: 'Enlarge: Diagram' }).click()
	const lightbox = page.getByRole('dialog', { name: 'Diagram' })
	expect(await lightbox.getByRole('link', { name: 'Save' }).getAttribute('download')).toBe('diagram.svg')
	await page.keyboard.press('Escape')
	await lightbox.waitFor({ state: 'hidden' })
	await opened.ask(`echo:say ${fenced('mermaid', 'graph TD; A --')}`)
	await page.getByText('This diagram cannot be drawn.').waitFor()
	// A picture that a model draws is in its answer.
	const drawn = { type: 'image_generation_call', id: 'ig_1', result: writePng(320, 200).toString('base64') }
	const event = { type: 'response.output_item.done', output_index: 1, item: drawn }
	await page.route('**/v1/responses', async (route) => {
		const response = await route.fetch()
		const [before = '', after = ''] = (await response.text()).split('event: response.completed')
		const body = `${before}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\nevent: response.completed${after}`
		await route.fulfill({ response, body })
	})
	await opened.ask('echo:say Here it is.')
	await page.getByRole('button', { name: 'Enlarge: Picture' }).click()
	const picture = page.getByRole('dialog', { name: 'Picture' })
	const width = await picture.getByRole('img').evaluate(async (image) => {
		await (image as HTMLImageElement).decode()
		return (image as HTMLImageElement).naturalWidth
	})
	expect(width).toBe(320)
	expect(await picture.getByRole('link', { name: 'Save' }).getAttribute('download')).toBe('picture.png')
	await picture.getByRole('button', { name: 'Copy' }).waitFor()
	expect(foreign).toEqual([])
	expect(opened.errors.filter((error) => !error.includes('/version'))).toEqual([])
}, 60_000)

test('tables are copied as CSV, code as it is, links show their address, pictures are not loaded', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const foreign = foreignRequests(opened)
	await opened.ask(
		`echo:say | a | b |\n|---|--:|\n| x, "y" | **2** |\n| =SUM(A1) | -3 |\n\n${fenced('python', 'def f():\n    return 1')}\n\n${fenced('rust', 'fn main() {}')}\n\n- [ ] open\n- [x] done\n\n[here](https://example.org/p?q=1 "other") ![cat](https://example.org/cat.png)`,
	)
	const copied = await copiedTexts(opened)
	await page.getByRole('button', { name: 'Copy as CSV' }).click()
	await page.getByRole('button', { name: 'Copy code' }).first().click()
	expect(await copied()).toEqual(['a,b\r\n"x, ""y""",2\r\n\'=SUM(A1),-3\r\n', 'def f():\n    return 1'])
	await page.locator('.hljs-keyword', { hasText: 'def' }).waitFor()
	await page.locator('.hljs-keyword', { hasText: 'fn' }).waitFor()
	const fonts = await page
		.locator('code')
		.evaluateAll((elements) => elements.map((element) => getComputedStyle(element).fontFamily.split(',')[0]))
	expect([...new Set(fonts)]).toEqual(['"Dragoman Mono"'])
	const link = page.getByRole('link', { name: 'here' })
	expect(await link.getAttribute('title')).toBe('https://example.org/p?q=1')
	expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
	expect(await page.locator('.answer').textContent()).toContain('Picture at example.org, not loaded')
	expect(await page.locator('.answer img').count()).toBe(0)
	expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(1)
	expect(await page.locator('.answer li').allInnerTexts()).toEqual(['open', 'done'])
	expect(foreign).toEqual([])
	expect(opened.errors).toEqual([])
}, 60_000)

test('unfinished marks never show, and nothing above the end moves while an answer grows', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.evaluate(() => {
		const seen: string[] = []
		const shifts: number[] = []
		Object.assign(window, { seen, shifts })
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
		}).observe({ type: 'layout-shift' })
		new MutationObserver(() => {
			const texts = [...document.querySelectorAll('.answer .markdown')].map((element) => element.textContent ?? '')
			seen.push(texts.join('\n'))
		}).observe(document.body, { subtree: true, childList: true, characterData: true })
	})
	await opened.send(
		`echo:delay 30 echo:say Some **very strong words here** and \`a code span\`.\n\n| first | second |\n|---|---|\n| one two three | four five |\n\n${fenced('js', 'const a = 1\nconst b = 2')}\n\n[a link](https://example.org/long/path) end`,
	)
	await page.locator('.answer strong').waitFor()
	await page.evaluate('window.shifts.length = 0')
	await opened.answered()
	const seen = (await page.evaluate('window.seen')) as readonly string[]
	expect(seen.length).toBeGreaterThan(10)
	for (const text of seen) expect(text).not.toMatch(/\*\*|`|\||https:/)
	expect(await page.evaluate('window.shifts.reduce((sum, value) => sum + value, 0)')).toBeLessThan(0.05)
	expect(await page.locator('.answer td').allInnerTexts()).toEqual(['one two three', 'four five'])
}, 60_000)

test('a person answers tool calls, with an error, or skips them', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('echo:tool get_weather {"city": "Paris"}\necho:tool get_time {}')
	const card = (name: string) => page.getByRole('region', { name: `The model called the tool ${name}.` })
	expect(await card('get_weather').locator('code').textContent()).toBe('{"city": "Paris"}')
	await page.getByRole('textbox', { name: 'Result of get_weather' }).fill('{"degrees": 21}')
	await card('get_weather').getByRole('button', { name: 'Answer the call' }).click()
	await page.getByText('Will be sent when the other calls have a result.').waitFor()
	await card('get_time').getByRole('button', { name: 'Skip' }).click()
	await page.locator('.answer').nth(1).waitFor()
	await opened.answered()
	expect(opened.bodies.at(-1)?.input).toMatchObject([
		{ type: 'function_call_output', output: '{"degrees": 21}' },
		{ type: 'function_call_output', output: 'This call was skipped and has no result.' },
	])
	await page.reload()
	await page.getByText('Result of get_weather').waitFor()
	expect(await page.locator('.tool-results pre').first().textContent()).toBe('{\n  "degrees": 21\n}')
	await opened.ask(`echo:tool fail {"reason": "${'long '.repeat(12)}"}`)
	expect(await card('fail').locator('pre').textContent()).toStartWith('{\n  "reason": "long')
	await page.getByRole('textbox', { name: 'Result of fail' }).fill('not found')
	await page.getByRole('button', { name: 'Answer with an error' }).click()
	await page.locator('.answer').nth(3).waitFor()
	await opened.answered()
	expect(opened.bodies.at(-1)?.input).toMatchObject([{ output: '{"error":"not found"}' }])
	expect(opened.errors).toEqual([])
}, 60_000)

test('shows probabilities, with alternatives by pointer and by keys', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Report the interval')
	// Without their code, the answer is its text.
	await page.route('**/page/*.js', (route) => route.abort())
	await opened.chooseInMenu('Show probabilities')
	await page.getByText('The server cannot be reached.').waitFor()
	await page.locator('.answer .markdown').waitFor()
	expect(await opened.answers()).toEqual(['Report the interval'])
	await page.unroute('**/page/*.js')
	await opened.chooseInMenu('Hide probabilities')
	await opened.chooseInMenu('Show probabilities')
	await page.locator('.tokens').waitFor()
	expect(opened.bodies.at(-1)).toMatchObject({ include: ['message.output_text.logprobs'], top_logprobs: 5 })
	expect(await page.locator('.tokens .token').allTextContents()).toEqual(['Report', ' the', ' interval'])
	await page.locator('.token', { hasText: 'the' }).hover()
	expect(await page.locator('.alternatives > div').count()).toBe(5)
	expect(await page.locator('.alternatives .chosen').textContent()).toBe('·the88 %')
	await page.locator('.tokens').focus()
	await page.keyboard.press('Home')
	await page.keyboard.press('ArrowRight')
	await page.keyboard.press('ArrowRight')
	expect(await page.locator('.token.active').textContent()).toBe(' interval')
	expect(await page.locator('.probabilities [role=status]').textContent()).toBe('interval, 88 %')
	// Enter keeps the alternatives open. The answer continues from the one that is chosen, as a branch.
	await page.keyboard.press('Home')
	await page.keyboard.press('ArrowRight')
	await page.keyboard.press('Enter')
	const alternatives = page.getByRole('menu', { name: 'Continue from here with…' })
	await alternatives.locator('button:focus').waitFor()
	expect(await alternatives.getByRole('menuitem').count()).toBe(5)
	await page.keyboard.press('Escape')
	await alternatives.waitFor({ state: 'hidden' })
	expect(await page.locator('.token.active').textContent()).toBe(' the')
	await page.keyboard.press('Enter')
	await page.keyboard.press('Enter')
	await page.getByRole('group', { name: 'Branch 3 of 3' }).waitFor()
	await opened.answered()
	const begun = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Report the' }] }
	expect(opened.bodies.at(-1)?.input).toMatchObject([{ role: 'user' }, begun])
	expect(opened.bodies.at(-1)).toMatchObject({ top_logprobs: 5 })
	expect((await page.locator('.tokens .token').allTextContents()).join('')).toBe('Report the interval')
	await page.reload()
	await page.getByRole('group', { name: 'Branch 3 of 3' }).waitFor()
	expect(await opened.answers()).toEqual(['Report the interval'])
	expect(await page.locator('.question').allInnerTexts()).toEqual([expect.stringContaining('Report the interval')])
	// The beginning with another token, by the pointer: the echo's alternative of a token is the token with a number.
	await opened.newChat()
	await opened.ask('aaaaaaaaaaaa1bc')
	await opened.chooseInMenu('Show probabilities')
	await page.locator('.token').first().click()
	await alternatives.getByRole('menuitem').nth(1).click()
	await page.getByRole('group', { name: 'Branch 3 of 3' }).waitFor()
	await opened.answered()
	expect(JSON.stringify(opened.bodies.at(-1)?.input)).toContain('"output_text","text":"aaaaaaaaaaaa1"')
	expect((await page.locator('.tokens .token').allTextContents()).join('')).toBe('aaaaaaaaaaaa1bc')
	await opened.chooseInMenu('Hide probabilities')
	expect(await opened.answers()).toEqual(['aaaaaaaaaaaa1bc'])
	expect(opened.errors).toEqual([])
}, 60_000)

test('thinking streams while it is unfolded, and is not part of the copied answer', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.send(`echo:delay 30\necho:reasoning first ${words('thought', 150)} last\necho:say Answer`)
	await page.locator('.thinking summary').click()
	await page.locator('.thinking', { hasText: /^Thinking….*first thought/ }).waitFor()
	await opened.answered()
	expect(await page.locator('.thinking').textContent()).toMatch(/Thought for \d+ s.*thought last/)
	const copied = await copiedTexts(opened)
	await page.locator('.answer').getByRole('button', { name: 'Copy' }).click()
	expect(await copied()).toEqual(['Answer'])
}, 60_000)

test('an answer that failed names its cause and offers details and another model', async () => {
	const opened = await pages.openPage({ permissions: ['clipboard-read', 'clipboard-write'] })
	const { page } = opened
	await page.route('**/v1/responses', async (route) => {
		await route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), model: 'gone' }) })
	})
	await opened.send('Hello')
	const failure = page.getByRole('alert')
	await failure.getByText('echo does not exist, or your key may not use it. Your message is kept.').waitFor()
	await failure.getByRole('button', { name: 'Copy details' }).click()
	const details = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
	expect(details).toMatchObject({ failure: 'no-model', model: 'echo', request: expect.any(String) })
	expect(JSON.stringify(details)).not.toContain('Hello')
	await page.unroute('**/v1/responses')
	await page.getByRole('button', { name: 'Answer with another model' }).click()
	await page.getByRole('menuitemradio', { name: 'second' }).click()
	await page.locator('.answer .speaker', { hasText: 'second' }).waitFor()
	await page.locator('.answer .markdown', { hasText: 'Hello' }).waitFor()
	expect(await page.locator('.model-button').textContent()).toContain('echo')
}, 60_000)

test('an answer is corrected, continued and deleted as a branch, and the deletion can be undone', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('One two three four')
	await opened.chooseInMenu('Edit answer')
	const field = page.getByRole('textbox', { name: 'Edit answer' })
	expect(await field.inputValue()).toBe('One two three four')
	await page.getByText('The first version stays, as branch 1.').waitFor()
	await field.fill('One two')
	// Without the code that saves it, the reason is a sentence for people.
	await page.route('**/page/*.js', (route) => route.abort())
	await page.keyboard.press('Control+Enter')
	await page.getByText('The server cannot be reached.').waitFor()
	await page.unroute('**/page/*.js')
	// It is stored, but cannot be read at first: it is stored once.
	await page.route('**/export', (route) => route.abort(), { times: 1 })
	await page.keyboard.press('Control+Enter')
	await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	expect(await opened.answers()).toEqual(['One two'])
	// The focus is never lost.
	const focused = (name: string) =>
		page.waitForFunction((label) => document.activeElement?.getAttribute('aria-label') === label, name)
	await focused('Answer 1 of echo')
	const editing = () => page.waitForFunction(() => document.activeElement?.closest('form.edit-question') != null)
	await opened.chooseInMenu('Edit answer')
	await editing()
	await page.keyboard.press('Escape')
	await focused('More')
	await page.locator('.question').getByRole('button', { name: 'Edit' }).click()
	await editing()
	await page.keyboard.press('Escape')
	await focused('Edit')
	await page.locator('.answer .speaker', { hasText: 'edited' }).waitFor()
	// What is asked next follows the corrected answer.
	await opened.ask('Next')
	const [, corrected, next] = (await opened.stored()).turns
	expect([next?.parent, corrected?.metadata]).toEqual([`${corrected?.id}-1`, { edited: 'true' }])
	await page.reload()
	await page.locator('.answer', { hasText: 'Next' }).waitFor()
	expect(await opened.answers()).toEqual(['One two', 'Next'])
	await page.locator('.answer .speaker', { hasText: 'edited' }).waitFor()
	// The corrected answer is continued where it ends.
	await opened.chooseInMenu('Continue', page.locator('.answer').first())
	await page.locator('.answer .markdown', { hasText: 'three four' }).waitFor()
	await opened.answered()
	expect([await opened.answers(), await page.locator('.question').count()]).toEqual([['One two three four'], 1])
	await page.reload()
	await page.getByRole('group', { name: 'Branch 2 of 2' }).first().waitFor()
	expect(await opened.answers()).toEqual(['One two three four'])
	await page.getByRole('button', { name: 'List the branches' }).first().click()
	expect(await page.getByRole('menuitemradio').nth(1).textContent()).toMatch(/^2echo.* · edited · 2 turns follow$/)
	await page.keyboard.press('Escape')

	await page.clock.install()
	const turns = async () => (await opened.stored()).turns.length
	// The branch that the person sees begins at the nearest fork: the continuation, beside what was asked next.
	await opened.chooseInMenu('Delete branch')
	await page.getByText('Branch deleted.').waitFor()
	expect([await opened.answers(), await turns()]).toEqual([['One two', 'Next'], 4])
	await focused('Answer 2 of echo')
	await page.getByRole('button', { name: 'Undo' }).click()
	await page.locator('.answer .markdown', { hasText: 'three four' }).waitFor()
	await focused('Answer 1 of echo')
	expect(await page.getByRole('group', { name: 'Branch 2 of 2' }).count()).toBe(2)
	await opened.chooseInMenu('Delete branch')
	await page.getByText('Branch deleted.').waitFor()
	// A reload neither shows it nor forgets it.
	await page.reload()
	await page.getByText('Branch deleted.').waitFor()
	await page.locator('.answer', { hasText: 'Next' }).waitFor()
	expect([await opened.answers(), await turns()]).toEqual([['One two', 'Next'], 4])
	await page.clock.fastForward(9000)
	while ((await turns()) !== 3) await page.waitForTimeout(20)
	// The corrected answer, with all that follows it, in a browser that does not store the note.
	await page.evaluate(() => {
		const { setItem } = Storage.prototype
		Storage.prototype.setItem = function (name: string, value: string) {
			if (name.startsWith('dragoman.deleted')) throw new DOMException('', 'QuotaExceededError')
			setItem.call(this, name, value)
		}
	})
	await opened.chooseInMenu('Delete branch', page.locator('.answer').first())
	await page.getByText('Branch deleted.').waitFor()
	expect(await opened.answers()).toEqual(['One two three four'])
	await page.clock.fastForward(9000)
	while ((await turns()) !== 1) await page.waitForTimeout(20)
	await opened.ask('After')
	expect((await opened.stored()).turns.at(-1)?.parent).toBe(`${(await opened.stored()).turns[0]?.id}-a0`)
	await page.getByRole('button', { name: 'Regenerate' }).last().focus()
	await page.keyboard.press('Enter')
	await page.getByRole('group', { name: 'Branch 2 of 2' }).waitFor()
	await focused('Conversation')
	await opened.answered()
	await opened.chooseInMenu('Delete branch')
	// The only branch is the conversation. Its deletion does not end the offer to undo the other one.
	await opened.chooseInMenu('Delete branch', page.locator('.answer').first())
	await page.getByText('Branch deleted. Conversation deleted.').waitFor()
	await page.locator('.greeting').waitFor()
	await page.getByRole('button', { name: 'Undo' }).click()
	await page.getByRole('group', { name: /^Branch . of 2$/ }).waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test('the margin says what was not sent, also after a reload, and Markdown names the model that answered', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.keyboard.press('Control+Period')
	await page.getByLabel('Thinking').selectOption('A little')
	for (const text of ['one', 'two']) await opened.ask(words(text, 40))
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'brief' }).click()
	await opened.send('three')
	await page.getByRole('button', { name: 'Leave out the oldest turns' }).click()
	const margin = page.locator('.answer .speaker').last()
	const sentences = ['2 older turns were not sent.', 'Thinking was left out: brief does not support it.']
	for (const sentence of sentences) await margin.getByText(sentence).waitFor()
	await page.reload()
	for (const sentence of sentences) await margin.getByText(sentence).waitFor()
	expect(await page.locator('.answer .speaker').first().textContent()).toContain(
		'Thinking was left out: echo does not support it.',
	)
	await opened.newChat()
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'alias' }).click()
	await opened.ask('Who answers?')
	const label = page.getByRole('article', { name: 'Answer 1 of dated-2026-11' })
	await label.waitFor()
	await page.reload()
	await label.waitFor()
	const saved = page.waitForEvent('download')
	await page.locator('.conversation.current').getByRole('button', { name: 'More' }).click()
	await page.getByRole('menuitem', { name: 'Export as Markdown' }).click()
	expect(await textOfDownload(await saved)).toContain('**Who answers?**\n\n*dated-2026-11*\n\nHi\n')
	expect(opened.errors).toEqual([])
}, 60_000)

test('regenerate offers other models by a long press and by the down arrow', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('Hello')
	const regenerate = page.getByRole('button', { name: 'Regenerate' })
	const models = page.getByRole('dialog', { name: 'Answer with another model' })
	const box = await regenerate.boundingBox()
	await page.mouse.move((box?.x ?? 0) + 10, (box?.y ?? 0) + 10)
	await page.mouse.down()
	await models.waitFor()
	await page.mouse.up()
	await models.getByRole('menuitemradio', { name: 'second' }).click()
	await page.getByRole('article', { name: 'Answer 1 of second' }).waitFor()
	await opened.answered()
	await regenerate.focus()
	await page.keyboard.press('ArrowDown')
	await models.waitFor()
	await page.keyboard.press('Escape')
	await models.waitFor({ state: 'hidden' })
	await page.locator('.talk').focus()
	await page.keyboard.press('Shift+R')
	await models.waitFor()
	expect(opened.bodies.length).toBe(2)
	expect(opened.errors).toEqual([])
}, 60_000)
