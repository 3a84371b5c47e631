// npm run page:shots: pictures of every state of the web page in both themes and three widths, in dist/shots, to look at them
// beside each other. Arguments select the states by the beginnings of their names.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type OpenPage, signedIn, TestPages } from './page.testing.ts'
import { furtherStates, type ShotState } from './shot-states.testing.ts'

const folder = join(import.meta.dir, '..', 'dist', 'shots')
const widths = { desktop: [1440, 900], tablet: [820, 1000], phone: [390, 844] } as const
const themes = ['light', 'dark'] as const

const rich = `echo:say ## A short plan

Text with **bold**, *italic*, \`code\` and a [link](https://example.org). The area is $\\pi r^2$:

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

1. First step
2. Second step
   - with a detail

| dose | interval | patients |
|---|---|--:|
| 5 mg | 8 h | 1,204 |
| 10 mg | 12 h | 88 |

\`\`\`python
def dose(weight: float) -> float:
    # by weight, at most 500
    return min(weight * 7.5, 500)
\`\`\`

> Quoted from the protocol.`

const palette = async ({ page }: OpenPage, command: string) => {
	await page.keyboard.press('Control+K')
	await page.getByRole('combobox').fill(command)
	await page.keyboard.press('Enter')
	await page.locator('dialog[open]').waitFor()
}

/** Each state with what leads to it, on a page that is signed in. */
const states: Readonly<Record<string, (opened: OpenPage) => Promise<void>>> = {
	'first-visit': async ({ page }) => page.locator('.starter').first().waitFor(),
	'sign-in': async ({ page }) => {
		await page.setViewportSize({ width: 1440, height: 900 })
		await page.getByRole('button', { name: 'Account' }).click()
		await page.getByRole('button', { name: 'Sign out' }).click()
		await page.locator('input[name=key]').fill('dgm-wrong')
		await page.keyboard.press('Enter')
		await page.getByRole('alert').waitFor()
	},
	chat: async (opened) => {
		await opened.ask('How is the dose computed for a child, and what is the interval between two of them?')
		await opened.ask(`echo:reasoning The user wants a plan.\n${rich}`)
		await opened.page.locator('.answer').last().getByRole('button', { name: 'Regenerate' }).click()
		await opened.page.getByText('2 of 2').waitFor()
		await opened.answered()
		await opened.page.locator('.katex').first().waitFor()
	},
	'chat-fr': async (opened) => {
		const { page } = opened
		await opened.ask(rich)
		await page.evaluate(() => localStorage.setItem('dragoman.settings', JSON.stringify({ language: 'fr' })))
		await page.reload()
		await page.locator('.katex').first().waitFor()
	},
	waiting: async (opened) => {
		await opened.send('echo:delay 60000 slow')
		await opened.page.locator('.waiting').waitFor()
	},
	streaming: async (opened) => {
		await opened.send('echo:delay 200 echo:repeat 500 word')
		await opened.page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
		await opened.send('The next question')
	},
	failures: async (opened) => {
		await opened.ask('echo:refuse I cannot help with this.')
		await opened.ask('echo:error-after 8 unavailable')
		await opened.ask('echo:say ')
		await opened.ask('echo:error overloaded')
	},
	stopped: async (opened) => {
		await opened.send('echo:delay 50 echo:repeat 1000 word')
		await opened.page.locator('.answer .markdown', { hasText: 'word word' }).waitFor()
		await opened.page.getByRole('button', { name: 'Stop' }).click()
		await opened.page.locator('.end-note').waitFor()
	},
	tool: async (opened) => opened.ask('echo:tool get_weather {"city": "Paris", "days": 3}'),
	editing: async (opened) => {
		await opened.ask('First version of the question')
		await opened.page.locator('.talk').focus()
		await opened.page.keyboard.press('e')
		await opened.page.locator('.edit-question').waitFor()
	},
	tree: async (opened) => {
		await opened.ask('One')
		await opened.ask('Two')
		await opened.page.keyboard.press('Alt+ArrowLeft')
		await opened.page.locator('.talk').focus()
		await opened.page.keyboard.press('r')
		await opened.answered()
		await opened.page.keyboard.press('Control+Shift+B')
		await opened.page.getByRole('tree').waitFor()
	},
	models: async ({ page }) => {
		await page.locator('.model-button').click()
		await page.locator(':popover-open').waitFor()
	},
	account: async ({ page }) => {
		await page.setViewportSize({ width: 1440, height: 900 })
		await page.getByRole('button', { name: 'Account' }).click()
		await page.locator(':popover-open').waitFor()
	},
	settings: async ({ page }) => {
		await page.goto(new URL('/settings', page.url()).href)
		await page.getByRole('button', { name: 'New key' }).waitFor()
	},
	'settings-fr': async ({ page }) => {
		await page.evaluate(() => localStorage.setItem('dragoman.settings', JSON.stringify({ language: 'fr' })))
		await page.goto(new URL('/settings', page.url()).href)
		await page.getByRole('button', { name: 'Nouvelle clé' }).waitFor()
	},
	'settings-keys': async ({ page }) => {
		await page.goto(new URL('/settings#keys', page.url()).href)
		await page.getByRole('button', { name: 'New key' }).click()
		await page.getByLabel('Name').fill('Notebook')
		await page.getByRole('button', { name: 'Create key' }).click()
		await page.getByRole('button', { name: 'Revoke Notebook' }).waitFor()
		await page.getByRole('region', { name: 'Notebook' }).scrollIntoViewIfNeeded()
	},
	'settings-new-key': async ({ page }) => {
		await page.goto(new URL('/settings#keys', page.url()).href)
		await page.getByRole('button', { name: 'New key' }).click()
		await page.getByLabel('Expires').selectOption('day')
		await page.getByRole('button', { name: 'Create key' }).click()
		await page.getByRole('alert').first().waitFor()
	},
	'settings-votes': async ({ page }) => {
		for (const votes of ['1121', '2-01'])
			await pages.server.call('/openai/v1/conversations', { metadata: { compare: '["echo","second"]', votes } })
		const tools = ['get_weather', 'find_patient'].map((name) => ({ name, description: '', parameters: {} }))
		await page.evaluate((stored) => localStorage.setItem('dragoman.tools', stored), JSON.stringify(tools))
		await page.goto(new URL('/settings#votes', page.url()).href)
		await page.getByText('comparisons').first().waitFor()
	},
	'settings-revoke': async ({ page }) => {
		await page.goto(new URL('/settings#keys', page.url()).href)
		await page
			.getByRole('button', { name: /^Revoke/ })
			.first()
			.click()
		await page.getByRole('dialog').waitFor()
	},
	'delete-all': (opened) => palette(opened, 'delete all'),
	palette: async ({ page }) => {
		await page.keyboard.press('Control+K')
		await page.getByRole('combobox').waitFor()
	},
	share: async (opened) => {
		await opened.ask('To be shared')
		await palette(opened, 'share')
		await opened.page.getByRole('button', { name: 'Create link' }).click()
		await opened.page.getByRole('textbox', { name: 'Link' }).waitFor()
	},
	import: (opened) => palette(opened, 'import'),
	keyboard: async ({ page }) => {
		await page.locator('.talk').focus()
		await page.keyboard.press('?')
		await page.getByRole('dialog').waitFor()
	},
	undo: async (opened) => {
		await opened.ask('To be deleted')
		await opened.page.clock.install()
		await opened.page.keyboard.press('Control+K')
		await opened.page.getByRole('combobox').fill('delete')
		await opened.page.keyboard.press('Enter')
		await opened.page.locator('.toast').waitFor()
	},
	sidebar: async ({ page }) => {
		await page.setViewportSize({ width: 390, height: 844 })
		await page.getByRole('button', { name: 'Menu' }).click()
		await page.locator('.sidebar.open').waitFor()
	},
	offline: async (opened) => {
		await opened.page.context().setOffline(true)
		await opened.send('Asked offline')
		await opened.page.getByText('Will be sent when you are online.').waitFor()
	},
	console: async ({ page }) => {
		await page.locator('.talk').focus()
		await page.keyboard.press('g')
		await page.keyboard.press('u')
		await page.getByRole('heading', { name: 'Usage and cost', level: 1 }).waitFor()
	},
	'not-found': async ({ page }) => {
		await page.goto(new URL('/c/conv_00000000000040008000000000000000', page.url()).href)
		await page.getByText('There is no such conversation').waitFor()
	},
}

const wanted = process.argv.slice(2)
await using pages = await TestPages.open()
if (wanted.length === 0) await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true })
for (const [name, prepare] of Object.entries<ShotState>({ ...states, ...furtherStates })) {
	if (wanted.length > 0 && !wanted.some((start) => name.startsWith(start))) continue
	const opened = await pages.openPage({ viewport: { width: 1440, height: 900 } })
	opened.page.setDefaultTimeout(5000)
	await signedIn(opened.page)
	await prepare(opened, pages).catch((failure: unknown) => process.stderr.write(`${name}: ${failure}\n`))
	for (const [width, [pixels, height]] of Object.entries(widths))
		for (const theme of themes) {
			await opened.page.setViewportSize({ width: pixels, height })
			await opened.page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
			await opened.page.evaluate(() => document.fonts.ready.then(() => undefined))
			await opened.page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`) })
		}
	await opened.page.context().close()
	process.stdout.write(`${name}\n`)
}
