// Colours of code, loaded with the first block. Common languages are in this file; each other one is a file of its own. The
// result is a tree with class names: the page's policy permits neither inline styles nor HTML text.

import type { RootContent } from 'hast'
import bash from 'highlight.js/lib/languages/bash'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import markdown from 'highlight.js/lib/languages/markdown'
import python from 'highlight.js/lib/languages/python'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { createLowlight } from 'lowlight'
import { furtherLanguages } from './further-languages.ts'

const lowlight = createLowlight({ bash, css, diff, javascript, json, markdown, python, sql, typescript, xml, yaml })
lowlight.registerAlias({
	bash: ['console', 'shell', 'shellsession'],
	javascript: ['jsonc', 'json5'],
	xml: ['vue', 'svelte'],
})

/** Slices are coloured one after the other, each in a task of its own. */
let queue: Promise<unknown> = Promise.resolve()

/**
 * @param wanted asked again when it is the code's turn.
 * @returns undefined if the language is not known, or the colours are not wanted any more.
 */
export async function highlight(
	language: string,
	code: string,
	wanted: () => boolean,
): Promise<readonly RootContent[] | undefined> {
	const name = language.toLowerCase()
	if (!lowlight.registered(name)) await loadLanguage(name)
	if (!lowlight.registered(name)) return undefined
	const turn = queue.then(nextTask)
	queue = turn
	await turn
	return wanted() ? lowlight.highlight(name, code).children : undefined
}

async function loadLanguage(name: string): Promise<void> {
	const further = Object.hasOwn(furtherLanguages, name) ? furtherLanguages[name] : undefined
	if (further === undefined) return
	const { default: grammar } = await further()
	lowlight.register(name, grammar)
}

const nextTask = (): Promise<void> =>
	new Promise((resolve) => {
		setTimeout(resolve)
	})
