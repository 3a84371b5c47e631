// A further language, of which every text is marked: one file adds it, and no screen has a text without the mark.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { bundle, languageFolder } from '../scripts/build-page.ts'
import { listLanguages } from '../scripts/page-languages.ts'
import { PageFiles } from '../src/server/page-files.ts'
import { markBegin, markEnd, pseudoLanguage, pseudoTag } from './languages/pseudo-language.testing.ts'
import { TestPages } from './page.testing.ts'

/** Everything that is data of this test consists of this word. */
const data = 'zzz'

let pages: TestPages
let folder: string
/** The test's server with the page that has the further language. */
let front: ReturnType<typeof Bun.serve>

beforeAll(async () => {
	pages = await TestPages.open({ models: [data] })
	folder = await mkdtemp(join(tmpdir(), 'dragoman-page-'))
	const language = join(folder, `${pseudoTag}.ts`)
	await writeFile(language, pseudoLanguage)
	const built = join(folder, 'page')
	await mkdir(built)
	await bundle(built, '', [...(await listLanguages(languageFolder)), language])
	const files = await PageFiles.open(built)
	front = Bun.serve({
		hostname: '127.0.0.1',
		port: 0,
		async fetch(request) {
			const { pathname: path, search } = new URL(request.url)
			const { method, headers, body } = request
			const page = method === 'GET' ? await files.find({ path, headers }) : undefined
			return page ?? fetch(pages.server.url + path + search, { method, headers, body, decompress: false })
		},
	})
}, 60_000)
afterAll(async () => {
	await front.stop(true)
	await rm(folder, { recursive: true, force: true })
	await pages[Symbol.asyncDispose]()
})

/** Not sentences: names of keyboard and API keys, products, commands and models, and names that all languages share. */
const untranslated =
	/echo:[\s\S]*|\b(?:Dragoman|echo|dragoman(?: \w+)*|English|Français|Pseudo|Ctrl|Alt|Shift|Enter|Esc|[A-Z]|dgm|JSON|CSV|first|second|priced|brief|dead)\b|…[\w-]{4}$|instruct-q4|a-model-name[\w-]*/g

/** The visible texts and the names for screen readers that have letters outside of a mark. */
async function unmarked(page: Page): Promise<readonly string[]> {
	const texts: readonly string[] = await page.evaluate(() => {
		const shown = (element: Element | null) => element?.checkVisibility({ visibilityProperty: true }) === true
		const found = new Set<string>()
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
		while (walker.nextNode()) {
			const { parentElement: parent, textContent } = walker.currentNode
			const isContent = parent?.closest('.markdown, .question, noscript, script, time, code, .code, .initials') != null
			// A notice divides its text into sentences.
			const whole = parent?.closest('.notice')?.textContent ?? textContent
			if (!isContent && shown(parent)) found.add(whole ?? '')
		}
		for (const element of document.querySelectorAll('*'))
			for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
				if (shown(element)) found.add(element.getAttribute(name) ?? '')
		found.add(document.title)
		return [...found]
	})
	const marked = new RegExp(`${markBegin}[^${markBegin}${markEnd}]*${markEnd}`, 'g')
	return texts.filter((text) => {
		let rest = text
		// Marks may be in each other.
		for (let former = ''; former !== rest; ) {
			former = rest
			rest = rest.replace(marked, '')
		}
		return /\p{L}{2}/u.test(rest.replaceAll(data, '').replace(untranslated, ''))
	})
}

test('one file adds a language, and every text of every screen is translated', async () => {
	const opened = await pages.openPage({}, `http://127.0.0.1:${front.port}/`)
	const { page } = opened
	const missing: string[] = []
	const look = async (state: string) => {
		for (const text of await unmarked(page)) missing.push(`${state}: ${text}`)
	}
	// In English everything is found, so the search finds something.
	await page.locator('input[name=key]').waitFor()
	expect(await unmarked(page)).toContain('Sign in')
	await page.evaluate((tag) => localStorage.setItem('dragoman.settings', JSON.stringify({ language: tag })), pseudoTag)
	await page.reload()
	await page.locator('input[name=key]').waitFor()
	expect(await page.locator('html').getAttribute('lang')).toBe(pseudoTag)
	await look('sign-in')
	await page.locator('input[name=key]').fill('dgm-wrong')
	await page.keyboard.press('Enter')
	await page.getByRole('alert').waitFor()
	await look('refused key')
	await page.locator('input[name=key]').fill(pages.server.key)
	await page.keyboard.press('Enter')
	await page.locator('.model-button:not([disabled])').waitFor()
	await look('new chat')

	await opened.ask(`${data}\n`.repeat(20))
	await page.locator('.answer').last().locator('.facts-line .icon-button').nth(1).click()
	await page.locator('.siblings').first().waitFor()
	await opened.answered()
	await opened.ask(`echo:reasoning ${data}\necho:say | ${data} |\n|---|\n| ${data} |\n\n\`\`\`\n${data}\n\`\`\``)
	await opened.ask(`echo:tool ${data} {}`)
	await opened.ask(`echo:refuse ${data}`)
	await opened.ask('echo:say ')
	await look('answers')
	await opened.send(`echo:delay 100 echo:repeat 1000 ${data}`)
	await page.locator('.answer .markdown', { hasText: data }).last().waitFor()
	await opened.send(data)
	await look('streaming')
	await page.locator('.composer .send').click()
	await page.locator('.end-note').waitFor()
	await look('stopped')
	await page.locator('.question .tools .icon-button').first().click()
	await look('editing')
	await page.keyboard.press('Escape')
	for (const keys of ['Control+Shift+B', 'Control+,', 'Control+K']) {
		await page.keyboard.press(keys)
		await page.locator('[role=tree], :popover-open, dialog[open]').first().waitFor()
		await look(keys)
		await page.keyboard.press('Escape')
	}
	await page.locator('.account .icon-button').click()
	await page.locator(':popover-open').waitFor()
	await look('account')
	await page.locator('.account-menu a').first().click()
	await page.locator('.settings').waitFor()
	await page.locator('.keys').waitFor()
	await look('settings')
	// The last buttons of the sections of keys: a new one, and those of its form.
	await page.locator('#settings-keys > div > .button').click()
	await page.locator('.new-key [type=submit]').click()
	await page.locator('.new-key [role=alert]').waitFor()
	await look('new key')
	await page.locator('.new-key input').fill(data)
	await page.locator('.new-key [type=submit]').click()
	await page.locator('.made-key').waitFor()
	await look('made key')
	await page.locator('.keys .button').first().click()
	await page.locator('dialog[open]').waitFor()
	await look('revoke')
	await page.keyboard.press('Escape')
	await page.goBack()
	await page.locator('.answer').first().waitFor()
	await page.locator('li.conversation .icon-button').first().click()
	await page.locator(':popover-open').waitFor()
	await look('menu')
	const entries = await page.locator(':popover-open .menu-item').count()
	await page.keyboard.press('Escape')
	// The entries that open a dialog: move, tags, share.
	for (const entry of [2, 3, 4]) {
		await page.locator('li.conversation .icon-button').first().click()
		await page.locator(':popover-open .menu-item').nth(entry).click()
		await page.locator('dialog[open]').waitFor()
		await look(`dialog ${entry}`)
		await page.keyboard.press('Escape')
		await page.locator('dialog[open]').waitFor({ state: 'detached' })
	}
	await page.locator('.talk').focus()
	await page.keyboard.press('?')
	await page.locator('dialog[open]').waitFor()
	await look('keyboard')
	await page.keyboard.press('Escape')
	await page.locator('li.conversation .icon-button').first().click()
	await page
		.locator(':popover-open .menu-item')
		.nth(entries - 1)
		.click()
	await page.locator('.toast').waitFor()
	await look('undo')
	expect(missing).toEqual([])
	expect(opened.errors).toEqual([])
}, 180_000)
