// The composer: instructions and parameters, the number of tokens, attachments.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { writePdf, writePng } from './attachments.testing.ts'
import { type OpenPage, signedIn, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open()
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

/** The content of the newest question. */
function contentOf(bodies: OpenPage['bodies']): readonly Readonly<Record<string, string>>[] {
	const [message] = (bodies.at(-1)?.input ?? []) as readonly { content: readonly Readonly<Record<string, string>>[] }[]
	return message?.content ?? []
}

test.concurrent('instructions and parameters are sent with each request of their conversation, and remembered', async () => {
	const opened = await pages.openPage()
	const { page, bodies } = opened
	await page.keyboard.press('Control+Period')
	const panel = page.getByRole('complementary', { name: 'Parameters' })
	await panel.getByLabel('System prompt').fill('Answer briefly.')
	await panel.getByRole('spinbutton', { name: 'Temperature' }).fill('0.2')
	await panel.getByRole('slider', { name: 'Top P' }).fill('0.9')
	await panel.getByLabel('Most tokens of an answer').fill('20')
	await panel.getByLabel('Thinking').selectOption('Some')
	await page.keyboard.press('Escape')
	await panel.waitFor({ state: 'detached' })
	const expected = {
		instructions: 'Answer briefly.',
		temperature: 0.2,
		top_p: 0.9,
		max_output_tokens: 20,
		reasoning: { effort: 'medium' },
	}
	await opened.ask('echo:repeat 30 word')
	expect(bodies.at(-1)).toMatchObject(expected)
	await page.getByText('reached its length limit').waitFor()
	await page.reload()
	await page.locator('.answer .markdown').waitFor()
	await opened.ask('Second')
	expect(bodies.at(-1)).toMatchObject(expected)
	await page.getByRole('button', { name: 'Parameters (changed)' }).click()
	// A value out of its range is not sent.
	await panel.getByRole('spinbutton', { name: 'Temperature' }).fill('9')
	await panel.getByRole('spinbutton', { name: 'Temperature' }).blur()
	await opened.ask('Third')
	expect(bodies.at(-1)).not.toHaveProperty('temperature')
	await panel.getByRole('button', { name: 'Reset' }).click()
	expect(await panel.getByLabel('System prompt').inputValue()).toBe('')
	await opened.ask('Fourth')
	expect(bodies.at(-1)).not.toHaveProperty('instructions')
	await panel.getByLabel('System prompt').fill('Only here.')
	await opened.newChat()
	await opened.ask('A new chat')
	expect(bodies.at(-1)).not.toHaveProperty('instructions')
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a message that is sent before the models are known is sent when they are', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const held = Promise.withResolvers<void>()
	await page.route(/\/v1\/models/, async (route) => {
		await held.promise
		await route.continue()
	})
	await page.reload()
	await opened.send('Early')
	expect(await page.inputValue('#message')).toBe('Early')
	held.resolve()
	await page.locator('.answer .markdown', { hasText: 'Early' }).waitFor()
	await opened.answered()
	expect([opened.bodies.length, opened.errors]).toEqual([1, []])
}, 60_000)

test.concurrent('a message that is sent before the conversation is loaded continues it', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await opened.ask('First')
	const held = Promise.withResolvers<void>()
	await page.route('**/export', async (route) => {
		await held.promise
		await route.continue()
	})
	await page.reload()
	await signedIn(page)
	await opened.send('Second')
	expect(await page.inputValue('#message')).toBe('Second')
	held.resolve()
	await page.locator('.answer .markdown', { hasText: 'Second' }).waitFor()
	await opened.answered()
	expect(await opened.answers()).toEqual(['First', 'Second'])
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('the tokens of the next request are counted, and those that do not fit', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.fill('#message', 'one two three')
	await page.getByText('3 of 100,000 tokens used').waitFor()
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio', { name: 'brief' }).click()
	await page.fill('#message', Array(25).fill('word').join(' '))
	await page.getByText('25 of 30 tokens used').waitFor()
	expect(await page.locator('.hint.near').count()).toBe(1)
	await opened.ask('first')
	await page.fill('#message', Array(29).fill('word').join(' '))
	// The conversation is counted, too.
	await page.getByRole('alert').getByText('This conversation no longer fits brief (31 of 30 tokens).').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('texts and PDFs are sent as text, and are attachments again after a reload', async () => {
	const opened = await pages.openPage()
	const { page, bodies } = opened
	const choose = page.locator('.composer input[type=file]')
	// Without the code that reads a file, or the worker for PDFs, there is a sentence, and a button that tries again.
	await page.route('**/page/*.js', async (route) => {
		const response = await route.fetch()
		const isReader = (await response.text()).includes('%PDF-') || route.request().url().includes('pdf-worker')
		return isReader ? route.abort() : route.fulfill({ response })
	})
	const unread = { name: 'unread.pdf', mimeType: 'application/pdf', buffer: writePdf(['Unread page']) }
	const sentence = page.getByText('The part of the page that reads this file could not be loaded.')
	await choose.setInputFiles([unread])
	await sentence.waitFor()
	await page.unrouteAll({ behavior: 'wait' })
	const tried = Promise.withResolvers<void>()
	await page.route('**/pdf-worker.js', async (route) => {
		await tried.promise
		await route.abort()
	})
	await page.getByRole('button', { name: 'Try again' }).click()
	await sentence.waitFor({ state: 'detached' })
	tried.resolve()
	await sentence.waitFor()
	await page.unroute('**/pdf-worker.js')
	await page.getByRole('button', { name: 'Try again' }).click()
	await page.getByText('1 page, 2 tokens').waitFor()
	await page.getByRole('button', { name: 'Remove unread.pdf' }).click()
	await choose.setInputFiles([
		{ name: 'notes "1".ts', mimeType: 'video/mp2t', buffer: Buffer.from('const answer = 42\n') },
		{ name: 'report.pdf', mimeType: 'application/pdf', buffer: writePdf(['First page', 'Second page']) },
	])
	const chips = page.getByRole('list', { name: 'Attachments' }).getByRole('listitem')
	await chips.filter({ hasText: '2 pages, 4 tokens' }).waitFor()
	await page.evaluate(() => {
		const data = new DataTransfer()
		data.setData('text/plain', Array(1000).fill('long').join(' '))
		const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
		document.getElementById('message')?.dispatchEvent(event)
	})
	await chips.filter({ hasText: 'Pasted text' }).getByText('1,000 tokens').waitFor()
	expect(await page.inputValue('#message')).toBe('')
	await page.getByRole('button', { name: 'Remove Pasted text' }).click()
	await page.fill('#message', 'A draft')
	await page.waitForFunction(() => localStorage.getItem('dragoman.attached.new') !== null)
	await page.reload()
	await chips.filter({ hasText: '2 pages, 4 tokens' }).waitFor()
	expect(await chips.count()).toBe(2)
	expect(await page.inputValue('#message')).toBe('A draft')
	await opened.ask('Summarize')
	expect(contentOf(bodies).map(({ text }) => text)).toEqual([
		`<document name="notes '1'.ts">\nconst answer = 42\n\n</document>`,
		'<document name="report.pdf">\nFirst page\n\nSecond page\n</document>',
		'Summarize',
	])
	expect(await chips.count()).toBe(0)
	await page.reload()
	const question = page.locator('.question')
	await question.getByText('report.pdf').click()
	expect(await question.locator('details[open] pre').textContent()).toBe('First page\n\nSecond page')
	await question.getByRole('button', { name: 'Edit' }).click()
	expect(await page.locator('.edit-question textarea').inputValue()).toBe('Summarize')
	await page.locator('.edit-question textarea').fill('Translate')
	await page.locator('.edit-question [type=submit]').click()
	await page.getByText('2 of 2').waitFor()
	expect(JSON.stringify(bodies.at(-1)?.input)).toContain('Second page')
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a question too large for the outbox is the draft again if it could not be sent', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.fill('#message', 'echo:say Read.')
	await page
		.locator('.composer input[type=file]')
		.setInputFiles({ name: 'long.txt', mimeType: 'text/plain', buffer: Buffer.from('word '.repeat(2000)) })
	await page.waitForFunction(() => localStorage.getItem('dragoman.attached.new') !== null)
	await page.evaluate(() => {
		for (let size = 4_000_000; size > 2000; size /= 2)
			try {
				localStorage.setItem(`room ${size}`, 'x'.repeat(size))
			} catch {}
	})
	await page.route('**/v1/responses', (route) => route.abort())
	await page.press('#message', 'Enter')
	await page.getByText('Your message is kept.').waitFor()
	await page.reload()
	await page.getByRole('listitem').filter({ hasText: 'long.txt' }).waitFor()
	await page.unroute('**/v1/responses')
	expect(await page.inputValue('#message')).toBe('echo:say Read.')
	await page.press('#message', 'Enter')
	await page.locator('.answer').waitFor()
	await opened.answered()
	await page.getByRole('link', { name: 'echo:say Read.' }).first().waitFor()
	expect(await page.getByRole('link', { name: 'echo:say Read.' }).count()).toBe(1)
}, 60_000)

test.concurrent('a file that cannot be read says why', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const refused: readonly (readonly [Buffer, string])[] = [
		[Buffer.from('PK\x03\x04\x00\x00', 'latin1'), 'This type cannot be read. Attach text, PDF or pictures.'],
		[Buffer.from('caf\xe9', 'latin1'), 'This type cannot be read. Attach text, PDF or pictures.'],
		[Buffer.alloc(0), 'This file is empty.'],
		[Buffer.alloc(1_000_001, 'a'), 'Texts can have up to 1 MB. Attach a part of this one.'],
		[writePdf(Array(201).fill('page')), 'PDFs can have up to 200 pages. Attach a part of this one.'],
		[writePdf(['']), 'This PDF holds pictures of text only. Choose a model that reads pictures.'],
		[Buffer.from('%PDF-1.4\nnothing'), 'This PDF cannot be opened. It may be damaged or protected by a password.'],
		[writePng(9, 9).subarray(0, 30), 'This picture cannot be opened. It may be damaged.'],
	]
	await page
		.locator('.composer input[type=file]')
		.setInputFiles(
			refused.map(([buffer], index) => ({ name: `file ${index}`, mimeType: 'application/octet-stream', buffer })),
		)
	for (const [index, [, sentence]] of refused.entries())
		await page
			.getByRole('listitem')
			.filter({ hasText: `file ${index}` })
			.getByText(sentence)
			.waitFor()
	await page.evaluate(() => {
		const transfer = new DataTransfer()
		transfer.items.add(new File(['%PDF-1.4', new Uint8Array(20_000_000)], 'large'))
		document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
	})
	await page.getByRole('listitem').filter({ hasText: 'large' }).getByText('PDFs can have up to 20 MB.').waitFor()
	expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true)
	await opened.ask('Without them')
	expect(opened.bodies.at(-1)?.input).toEqual([
		{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Without them' }] },
	])
	// Their tokens do not matter here.
	await page.route('**/input_tokens', (route) => route.abort())
	await page.evaluate(() => {
		const transfer = new DataTransfer()
		for (let index = 0; index < 13; index++) transfer.items.add(new File(['a'.repeat(1_000_000)], `text ${index}`))
		document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
	})
	await page.getByText('All attachments together can have up to 12 MB.').waitFor()
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('a dropped picture is scaled, and offers the models that read it', async () => {
	const opened = await pages.openPage()
	const { page, bodies } = opened
	const bytes = [...writePng(3000, 30)]
	await page.evaluate((content) => {
		const data = new DataTransfer()
		data.items.add(new File([new Uint8Array(content)], 'corridor.png', { type: 'image/png' }))
		for (const type of ['dragover', 'drop'])
			document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
	}, bytes)
	await page.getByText('2,048 × 20').waitFor()
	await page.getByText('echo does not read pictures. These models do:').waitFor()
	await page.locator('.composer').getByRole('button', { name: 'second' }).click()
	expect(await page.locator('.model-button').textContent()).toContain('second')
	expect(await page.getByText('does not read pictures').count()).toBe(0)
	await opened.ask('What is it?')
	expect(contentOf(bodies)[1]?.image_url).toStartWith('data:image/png;base64,')
	expect(await page.locator('.question img').count()).toBe(1)
	expect(opened.errors).toEqual([])
}, 60_000)

test.concurrent('the request of an answer is shown as code, and what each dialect carries', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	await page.keyboard.press('Control+Shift+KeyK')
	const panel = page.getByRole('complementary', { name: 'Same request as code' })
	await panel.getByText('This is an example.').waitFor()
	await panel.locator('pre').getByText('What is the capital of France?').waitFor()
	await page.keyboard.press('Control+Period')
	await page.getByLabel('System prompt').fill('Answer briefly.')
	await opened.ask('First question')
	await opened.ask('Second question')
	// After a reload, the fields of the request are read from the server.
	await page.reload()
	await page.locator('.answer').nth(1).waitFor()
	await page.keyboard.press('Control+Shift+KeyK')
	const code = panel.locator('pre')
	await code.getByText('"content": "Answer briefly."').waitFor()
	expect(await code.textContent()).toContain('First question')
	expect(await code.textContent()).toContain(`${pages.server.url}/openai/v1/chat/completions`)
	await panel.getByRole('radio', { name: 'Anthropic' }).check({ force: true })
	await panel.getByRole('radio', { name: 'Python' }).check({ force: true })
	await panel.getByText('pip install anthropic').waitFor()
	expect(await code.textContent()).toContain('system="Answer briefly."')
	await panel.getByText('no equivalent in Anthropic').first().waitFor()
	await panel.getByRole('checkbox', { name: 'Streamed' }).uncheck()
	expect(await code.textContent()).toContain('client.messages.create(')
	// Open editors are there again after a visit to another screen, and after a reload.
	await page.locator('.question').first().getByRole('button', { name: 'Edit' }).click()
	const edited = page.locator('.edit-question textarea')
	await edited.fill('A question that is being edited')
	await panel.getByRole('link', { name: 'Make a key for this' }).click()
	expect(await page.getByRole('form', { name: 'New key' }).getByLabel('Name').inputValue()).toBe('Code (Anthropic)')
	await page.goBack()
	expect(await edited.inputValue()).toBe('A question that is being edited')
	await page.reload()
	expect(await edited.inputValue()).toBe('A question that is being edited')
	await page.locator('.edit-question').getByRole('button', { name: 'Cancel' }).click()
	await page.reload()
	await page.locator('.question', { hasText: 'First question' }).waitFor()
	expect(await edited.count()).toBe(0)
	await opened.chooseInMenu('Code', page.locator('.answer').first())
	await code.getByText('First question').waitFor()
	expect(await code.textContent()).not.toContain('Second question')
	await page.keyboard.press('Control+Shift+KeyK')
	await panel.waitFor({ state: 'detached' })
	expect(opened.errors).toEqual([])
}, 60_000)
