// Growing Markdown: whatever the pieces in which it arrives, its blocks are those of the whole text; and what its end shows
// before it is complete.

import { describe, expect, test } from 'bun:test'
import { type MarkdownBlock, MarkdownBlocks } from './blocks.ts'
import { closeUnfinished } from './unfinished.ts'

const documents: Readonly<Record<string, string>> = {
	'paragraphs and headings':
		'# One\n\ntwo *three* **four**\nfive\n\nSix\n===\n\nSeven\n---\neight\n\n***\n\nnine  \nten\n',
	'nested lists': '- a\n  - b\n    1. c\n    2. d\n\n       more\n  - e\n- f\n\n\n- g\n\npara\n',
	'loose lists': '1. a\n\n2. b\n\n   c\n\n3. d\n10. e\n\n* x\n* y\n\n- z\n\n    code\n\nend',
	tasks: '- [ ] a\n- [x] b\n\n+ c\n',
	tables: 'Before\n\n| a | b |\n|---|:-:|\n| 1 | `x\\|y` |\n| 2 | **z** |\n\nAfter | not\n\na | b\n--- | ---\n1 | 2\n',
	fences:
		'x\n```js\nlet a = `b`\n\n\n# no\n```\ny\n~~~~ text\n```\n~~~\n~~~~\n\n   ```\n   in\n   ```\n- ```py\n  a\n  ```\n',
	'an open fence': 'x\n\n```js\nlet a\n\n``\n',
	'indented code': 'x\n\n    a\n\n    b\n\ny\n    z\n',
	html: '<div>\nx\n\n**y**\n</div>\n\n<!-- a\n\nb -->\n\n<details><summary>s</summary>\n\nz\n\n</details>\n\n<b>i</b>\n',
	quotes: '> a\nb\n> > c\n\n> d\n\ne\n> - f\n> - g\n',
	'reference links':
		'See [one][a] and [Two Words].\n\n- [one][a]\n\n[a]: https://a.example/x "t"\n\nText [b].\n\n[two words]: <https://b.example>\n[a]: https://second.example\n[b]:\nhttps://c.example\n',
	footnotes: 'Text[^1] and[^note].\n\n[^1]: First note\n\n[^note]: Second\n  note\n\nEnd\n',
	maths:
		'Let $a*b$ and $c*d$ be\n$$\nx = \\frac{a}{b}\n+ c\n- d\n$$\nso \\(y\\).\n\n\\[\nz\n\\]\n\nIt costs $5 and $6, or $7-$8.\n\n$$ open\n\nend\n',
	windows: 'a\r\nb\r\n\r\n- c\r\n- d\r\n\r\n```\r\ne\r\n```\r\n',
	names: '[__proto__] and [constructor]\n\nx\n\ny\n\nz\n\n[__proto__]: https://p.example\n',
}

const contentOf = (blocks: readonly MarkdownBlock[]) =>
	JSON.parse(JSON.stringify(blocks.map(({ offset, raw, token }) => ({ offset, raw, token }))))

describe('blocks of a text that grows are those of the whole text', () => {
	for (const [name, text] of Object.entries(documents)) {
		test(name, () => {
			const whole = contentOf(new MarkdownBlocks().read(text))
			const grown = new MarkdownBlocks()
			for (let end = 0; end <= text.length; end++) {
				grown.read(text.slice(0, end), true)
				// The text may end here.
				const cut = new MarkdownBlocks()
				cut.read(text.slice(0, Math.floor(end / 2)), true)
				cut.read(text.slice(0, end), true)
				expect(contentOf(cut.read(text))).toEqual(whole)
			}
			expect(contentOf(grown.read(text))).toEqual(whole)
		})
	}

	test('combinations of documents, in pieces of several lengths', () => {
		const texts = Object.values(documents)
		for (const [index, first] of texts.entries()) {
			const text = `${first}\n\n${texts[(index * 7 + 3) % texts.length]}\n\n${texts[(index * 5 + 1) % texts.length]}`
			const whole = contentOf(new MarkdownBlocks().read(text))
			for (const length of [1, 3, 17]) {
				const grown = new MarkdownBlocks()
				for (let end = 0; end < text.length; end += length) grown.read(text.slice(0, end), true)
				expect(contentOf(grown.read(text))).toEqual(whole)
			}
		}
	})
})

test('closed blocks are never read again', () => {
	const blocks = new MarkdownBlocks()
	const text = Array.from({ length: 50 }, (_, index) => `Paragraph ${index}\n\n`).join('')
	const [before] = blocks.read(text, true)
	expect(blocks.read(`${text}more`, true)[0]).toBe(before)
})

test('a long block of code grows without being read again', () => {
	const blocks = new MarkdownBlocks()
	let text = '```js\n'
	const started = process.cpuUsage()
	for (let line = 0; line < 5000; line++) {
		text += `const value${line} = ${line}\n`
		blocks.read(text, true)
	}
	const grown = process.cpuUsage(started).user
	const [block] = blocks.read(text)
	expect(block?.token).toMatchObject({ type: 'code', lang: 'js', text: text.slice(6, -1) })
	const before = process.cpuUsage()
	for (let times = 0; times < 200; times++) new MarkdownBlocks().read(text)
	// 5,000 frames cost less than reading the text 2,000 times.
	expect(grown).toBeLessThan(process.cpuUsage(before).user * 10)
})

describe('the end of a text that grows', () => {
	const cases: readonly (readonly [text: string, shown: string])[] = [
		['a **b', 'a **b**'],
		['a **b*', 'a **b**'],
		['a **b** c', 'a **b** c'],
		['a **', 'a '],
		['a `b', 'a `b`'],
		['a `', 'a '],
		['a *b **c', 'a *b **c***'],
		['a ~~b', 'a ~~b~~'],
		['snake_case_name', 'snake_case_name'],
		['2 * 3', '2 * 3'],
		['- a\n- **b', '- a\n- **b**'],
		['a [b](https://exa', 'a b'],
		['![b](https://exa', ''],
		['```js\nlet a = "**', '```js\nlet a = "**'],
		['```js\na\n``', '```js\na\n'],
		['x\n\n| a | b', 'x\n\n'],
		['| a | b |\n|---', ''],
		['| a | b |\n|---|---|\n| 1 |', '| a | b |\n|---|---|\n'],
		['| a | b |\n|---|---|\n| 1 | 2 |\n', '| a | b |\n|---|---|\n| 1 | 2 |\n'],
		['a \\(x_1 + *', 'a \\(x_1 + *\ue000\\)'],
		['$$\nx_1', '$$\nx_1\n\ue000$$'],
		['costs $5 and *b', 'costs $5 and *b*'],
	]
	for (const [text, shown] of cases) test(JSON.stringify(text), () => expect(closeUnfinished(text)).toBe(shown))
})

describe('formulas', () => {
	const formulas = (text: string) =>
		JSON.stringify(new MarkdownBlocks().read(text).map(({ token }) => token)).match(/"tex":"[^"]*"/g) ?? []
	const cases: readonly (readonly [text: string, count: number])[] = [
		['$x$, \\(y\\), $$z$$ and \\[w\\]', 4],
		['It costs $5 and the other $6.', 0],
		['$5 or $10-$20, US$ 3, $HOME and $PATH', 0],
		['$3$ and $2x$', 2],
		['`$a$` and\n\n```\n$b$\n```', 0],
		['$a * b$ and $c * d$', 2],
		['\\$x$ and $ y $', 0],
	]
	for (const [text, count] of cases) test(text, () => expect(formulas(text)).toHaveLength(count))
})
