// The conversation: requests, the rendering of every kind of answer, and the state after a reload.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { signedIn, TestBrowser } from './test-browser.ts'

let browser: TestBrowser
beforeAll(async () => {
	browser = await TestBrowser.open()
}, 60_000)
afterAll(() => browser.close())

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const leftOut = 'This question is not sent to the model with later messages.'
const answers = '**/v1/chat/completions'

/** A stream that an upstream or a proxy may send. */
const stream = (...events: readonly string[]) => ({
	contentType: 'text/event-stream',
	body: events.map((data) => `data: ${data}\n\n`).join(''),
})
const chunk = (delta: unknown, finish: string | null = null) =>
	JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })

test('chats, and the model sees the conversation', async () => {
	const { page, ask, bodies, errors } = await browser.openPage()
	await ask('Hello <b>there</b>')
	await page.fill('#text', 'Second')
	await page.click('#send')
	await page.locator('.assistant .text', { hasText: 'Second' }).waitFor()
	await page.locator('#send').waitFor()
	expect(await page.locator('.text').allTextContents()).toEqual([
		'Hello <b>there</b>',
		'Hello <b>there</b>',
		'Second',
		'Second',
	])
	expect(bodies[1]?.messages).toEqual([user('Hello <b>there</b>'), assistant('Hello <b>there</b>'), user('Second')])
	expect(errors).toEqual([])
}, 60_000)

test('an answer in progress never appears in a new chat', async () => {
	const { page, ask, send, bodies } = await browser.openPage()
	page.on('dialog', (dialog) => void dialog.accept())
	await send('echo:delay 300 SECRET one two three four five')
	await page.locator('.assistant', { hasText: 'SECRET' }).waitFor()
	await page.click('#clear')
	await ask('A new question')
	await ask('Another')
	expect(bodies.slice(1).map(({ messages }) => messages)).toEqual([
		[user('A new question')],
		[user('A new question'), assistant('A new question'), user('Another')],
	])
	expect(await page.locator('#turns').textContent()).not.toContain('SECRET')
	await page.reload()
	await page.locator('.assistant', { hasText: 'Another' }).waitFor()
	expect(await page.locator('#turns').textContent()).not.toContain('SECRET')
}, 60_000)

test('a new chat before the first token, too', async () => {
	const { page, ask, send, bodies } = await browser.openPage()
	page.on('dialog', (dialog) => void dialog.accept())
	await send('echo:hang')
	await page.locator('#stop').waitFor()
	await page.click('#clear')
	await ask('A new question')
	expect(bodies[1]?.messages).toEqual([user('A new question')])
	expect(await page.locator('.exchange').count()).toBe(1)
}, 60_000)

test('another model and another question wait until the answer is complete', async () => {
	const { page, ask, send, bodies } = await browser.openPage()
	await send('echo:delay 30 echo:repeat 40 word')
	await page.locator('.assistant', { hasText: 'word' }).waitFor()
	await page.selectOption('#model', 'second')
	await send('Too early')
	expect(await page.inputValue('#text')).toBe('Too early')
	await page.locator('#send').waitFor()
	expect(bodies.length).toBe(1)
	await ask('Now')
	expect(bodies.map(({ model }) => model)).toEqual(['echo', 'second'])
	expect(await page.locator('.assistant .speaker').allTextContents()).toEqual(['echo', 'second'])
}, 60_000)

test('a double click on Send asks once and stops nothing', async () => {
	const { page, bodies } = await browser.openPage()
	await page.fill('#text', 'echo:delay 20 echo:repeat 20 word')
	await page.dblclick('#send')
	await page.locator('#stop').waitFor({ state: 'hidden' })
	expect(await page.locator('.assistant .text').textContent()).toBe(Array(20).fill('word').join(' '))
	expect(bodies.length).toBe(1)
}, 60_000)

test('an error in the middle retains the partial answer, one at the beginning omits the question from later requests', async () => {
	const { page, ask, bodies } = await browser.openPage()
	await ask('echo:error-after 3 unavailable')
	expect(await page.locator('.wrong').textContent()).toContain('The partial answer is saved.')
	await ask('echo:error overloaded')
	expect(await page.locator('.wrong').last().textContent()).toContain(leftOut)
	await ask('Third')
	expect(bodies[2]?.messages).toEqual([
		user('echo:error-after 3 unavailable'),
		assistant('word word word'),
		user('Third'),
	])
	expect(await page.locator('.retry:visible').count()).toBe(0)
}, 60_000)

test('Retry asks the same question again', async () => {
	const { page, ask, bodies } = await browser.openPage()
	await ask('First')
	await page.route(answers, (route) => route.abort('connectionrefused'), { times: 1 })
	await ask('Second')
	expect(await page.locator('.wrong').textContent()).toBe(
		`The server cannot be reached. Check that it is running. ${leftOut}`,
	)
	await page.click('.retry')
	await page.locator('.assistant .text', { hasText: 'Second' }).waitFor()
	expect(await page.locator('.notice').count()).toBe(0)
	expect(await page.locator('.exchange').count()).toBe(2)
	expect(bodies[2]?.messages).toEqual([user('First'), assistant('First'), user('Second')])
}, 60_000)

test('shows a refusal, an empty answer, a tool call and a cut', async () => {
	const { page, ask, bodies } = await browser.openPage()
	const last = () => page.locator('.assistant').last()
	await ask('echo:refuse I cannot help.')
	expect(await last().textContent()).toContain('The model declined to answer.I cannot help.')
	await ask('echo:say ')
	expect(await last().textContent()).toContain(`The model returned an empty answer. ${leftOut}`)
	await ask('echo:tool get_weather {"city": "Paris"}')
	expect(await last().textContent()).toContain('The model called a tool (get_weather), which this page cannot run.')
	await page.selectOption('#model', 'brief')
	await ask('echo:repeat 100 word')
	expect(await last().textContent()).toContain('The answer was cut at the token limit.')
	expect(bodies[3]?.messages.slice(0, 2)).toEqual([user('echo:refuse I cannot help.'), assistant('I cannot help.')])
	expect(bodies[3]?.messages.length).toBe(3)
}, 60_000)

test('shows thinking, collapsed, during and after the answer', async () => {
	const { page, send, bodies, ask } = await browser.openPage()
	await send('echo:delay 50 echo:reasoning The user wants the weather today\necho:say Sunny.')
	await page.locator('summary', { hasText: 'Thinking…' }).waitFor()
	await page.locator('summary', { hasText: 'Thought for' }).waitFor()
	expect(await page.locator('.thinking .text').isVisible()).toBe(false)
	await page.click('summary')
	expect(await page.locator('.thinking .text').textContent()).toContain('The user wants the weather')
	await page.locator('#send').waitFor()
	await ask('Thanks')
	expect(bodies[1]?.messages[1]).toEqual(assistant('Sunny.'))
}, 60_000)

test('reads what other servers send: parts, other names, withheld answers, broken streams', async () => {
	const { page, ask, errors } = await browser.openPage()
	const last = () => page.locator('.assistant').last()
	const answeredWith = async (...events: readonly string[]) => {
		await page.route(answers, (route) => route.fulfill(stream(...events)), { times: 1 })
		await ask('Question')
		return last().textContent()
	}
	expect(await answeredWith(chunk({ reasoning: 'Hm' }), chunk({ content: 'Yes' }), chunk({}, 'eos'), '[DONE]')).toMatch(
		/Thought for \d+ sHmYes$/,
	)
	expect(
		await answeredWith(chunk({ content: [{ type: 'text', text: 'In parts' }] }), '{"choices":[]}', '{}', '[DONE]'),
	).toEndWith('In parts')
	expect(await answeredWith(chunk({ content: 'Half' }), chunk({}, 'content_filter'), '[DONE]')).toContain(
		'The rest of the answer was withheld (content filter).',
	)
	expect(await answeredWith(chunk({}, 'content_filter'), '[DONE]')).toContain(
		'The answer was withheld (content filter).',
	)
	expect(await answeredWith(chunk({ content: 'Half' }))).toContain(
		'The connection was lost before the answer was complete. The partial answer is saved.',
	)
	expect(await answeredWith()).toContain(`The connection was lost before the answer was complete. ${leftOut}`)
	expect(await answeredWith(chunk({ content: 'Whole' }, 'stop'))).toEndWith('Whole')
	expect(await answeredWith('<html>')).toContain('The server sent an event that is not JSON.')
	expect(await answeredWith('{"error":"plain words"}')).toContain('plain words')
	expect(
		await answeredWith(chunk({ tool_calls: [{ index: 0 }, null], function_call: { name: 'old' } }), '[DONE]'),
	).toContain('The model called a tool (old)')
	expect(await answeredWith(chunk(null), '[DONE]')).toContain('The model returned an empty answer.')
	expect(errors).toEqual([])
}, 60_000)

test('shows that it is waiting, without motion if the user prefers none', async () => {
	const { page, send } = await browser.openPage({ reducedMotion: 'reduce' })
	await send('echo:hang')
	const sign = page.getByRole('status').filter({ hasText: 'Waiting for echo.' })
	await sign.waitFor()
	const motion = () => page.evaluate("getComputedStyle(document.querySelector('.waiting')).animationName")
	expect(await motion()).toBe('none')
	await page.emulateMedia({ reducedMotion: 'no-preference' })
	expect(await motion()).not.toBe('none')
	await page.click('#stop')
	await page.locator('.notice', { hasText: 'Stopped before the answer began.' }).waitFor()
	expect(await sign.count()).toBe(0)
}, 60_000)

test('stops with the button or Esc, and the text box has the focus again', async () => {
	const { page, send } = await browser.openPage()
	const focused = () => page.evaluate('document.activeElement.id')
	for (const stop of [() => page.click('#stop'), () => page.keyboard.press('Escape')]) {
		await page.locator('#send').waitFor()
		await page.fill('#text', 'echo:delay 50\necho:repeat 1000 word')
		await page.click('#send')
		await page.locator('.assistant').last().filter({ hasText: 'word' }).waitFor()
		await stop()
		await page.locator('#send').waitFor()
		expect(await focused()).toBe('text')
		expect(await page.locator('.notice').last().textContent()).toBe('Stopped.')
	}
	await send('echo:delay 20 echo:repeat 5 word')
	await page.focus('#stop')
	await page.locator('#send').waitFor()
	expect(await focused()).toBe('text')
}, 60_000)

test('a reload restores the conversation, the model and the partial answer', async () => {
	const { page, ask, send, bodies } = await browser.openPage()
	await page.selectOption('#model', 'second')
	await ask('First')
	await send('echo:delay 100 echo:repeat 100 word')
	await page.locator('.assistant', { hasText: 'word word' }).waitFor()
	await page.reload()
	await signedIn(page)
	expect(await page.inputValue('#model')).toBe('second')
	expect(await page.locator('.assistant .text').first().textContent()).toBe('First')
	expect(await page.locator('.assistant').last().textContent()).toMatch(
		/word word.*The connection was lost before the answer was complete\. The partial answer is saved\.Retry$/,
	)
	await ask('Third')
	expect(bodies.at(-1)?.messages.slice(0, 2)).toEqual([user('First'), assistant('First')])
	expect(bodies.at(-1)?.messages.length).toBe(5)
}, 60_000)

test('New chat asks for confirmation if there is a conversation', async () => {
	const { page, ask } = await browser.openPage()
	let dialogs = 0
	let accept = false
	page.on('dialog', (dialog) => {
		dialogs++
		void (accept ? dialog.accept() : dialog.dismiss())
	})
	await page.click('#clear')
	expect(dialogs).toBe(0)
	await ask('Hello')
	await page.click('#clear')
	expect([dialogs, await page.locator('.exchange').count()]).toEqual([1, 1])
	accept = true
	await page.click('#clear')
	expect([dialogs, await page.locator('.exchange').count()]).toEqual([2, 0])
	await page.reload()
	await signedIn(page)
	expect(await page.locator('.exchange').count()).toBe(0)
}, 60_000)

test('every control has a name', async () => {
	const { page, ask } = await browser.openPage()
	await ask('echo:error overloaded')
	const unnamed = []
	for (const role of ['button', 'textbox', 'combobox', 'checkbox'] as const) {
		const all = await page.getByRole(role).count()
		expect(all).toBeGreaterThan(0)
		unnamed.push(all - (await page.getByRole(role, { name: /\S/ }).count()))
	}
	expect(unnamed).toEqual([0, 0, 0, 0])
}, 60_000)
