// Formulas in Markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. A dollar sign before a number that a space follows is money. It
// does not know how formulas are drawn.

import type { MarkedExtension, Tokens } from 'marked'
import { unfinishedMark } from './unfinished.ts'

export interface MathsToken extends Tokens.Generic {
	readonly type: 'maths'
	readonly tex: string
	/** On lines of its own. */
	readonly display: boolean
	/** Whether the formula still grows. */
	readonly unfinished: boolean
}

/** Without a blank line, as in TeX: so a single `$$` never swallows the paragraphs after it. */
const content = '((?:(?!\\n[ \\t]*\\n)[\\s\\S])+?)'
const blockPattern = new RegExp(`^ {0,3}(?:\\$\\$${content}\\$\\$|\\\\\\[${content}\\\\\\])[ \\t]*(?:\\n|$)`)
const displayPattern = new RegExp(`^(?:\\$\\$${content}\\$\\$|\\\\\\[${content}\\\\\\])`)
const parenthesisPattern = new RegExp(`^\\\\\\(${content}\\\\\\)`)
const dollarPattern = /^\$((?:\\[^\n]|[^\\$\n])+?)\$(?!\d)/

export const mathsExtension: MarkedExtension = {
	extensions: [
		{ name: 'maths', level: 'block', start: findBlock, tokenizer: readBlock },
		{ name: 'maths', level: 'inline', start: (source) => findStart(source), tokenizer: readInline },
	],
	hooks: {
		/** Asterisks in formulas are no emphasis. */
		emStrongMask: (source) =>
			source.replace(
				/\$\$[\s\S]+?\$\$|\\\([\s\S]+?\\\)|\\\[[\s\S]+?\\\]|\$[^\s$](?:[^$\n]*[^\s$])?\$(?!\d)/g,
				(formula) => (isMoney(formula.slice(1)) ? formula : `[${'a'.repeat(formula.length - 2)}]`),
			),
	},
}

function findStart(source: string): number | undefined {
	const index = source.search(/\$|\\[([]/)
	return index < 0 ? undefined : index
}

/** The next complete formula on lines of its own, within the paragraph at the start of `source`. */
function findBlock(source: string): number | undefined {
	const end = source.search(/\n[ \t]*\n/)
	const paragraph = end < 0 ? source : source.slice(0, end)
	for (const { index, 0: lead } of paragraph.matchAll(/\n(?= {0,3}(?:\$\$|\\\[))/g))
		if (blockPattern.test(paragraph.slice(index + lead.length))) return index + lead.length
	return undefined
}

function readBlock(source: string): MathsToken | undefined {
	const found = blockPattern.exec(source)
	return found === null ? undefined : maths(found[0], found[1] ?? found[2] ?? '', true)
}

function readInline(source: string): MathsToken | undefined {
	const display = displayPattern.exec(source)
	if (display !== null) return maths(display[0], display[1] ?? display[2] ?? '', true)
	const parenthesis = parenthesisPattern.exec(source)
	if (parenthesis !== null) return maths(parenthesis[0], parenthesis[1] ?? '', false)
	const [raw, tex = ''] = dollarPattern.exec(source) ?? []
	if (raw === undefined || tex.trim() !== tex || isMoney(tex)) return undefined
	return maths(raw, tex, false)
}

const isMoney = (text: string): boolean => /^\d[\d.,]*\s/.test(text)

function maths(raw: string, tex: string, display: boolean): MathsToken {
	const unfinished = tex.endsWith(unfinishedMark)
	return { type: 'maths', raw, tex: (unfinished ? tex.slice(0, -1) : tex).trim(), display, unfinished }
}
