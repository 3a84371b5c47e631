// A model's own chat template, rendered, and what rendering made-up conversations tells of it: whether it takes instructions, how it
// writes tool calls, whether it marks thinking. It does not know requests or tokens.

import { Template } from '@huggingface/jinja'
import { type CallTraits, learnCalls } from './call-format.ts'
import type { Render } from './template-message.ts'

export const thinkOpen = '<think>'
export const thinkClose = '</think>'

export class ChatTemplate {
	readonly render: Render
	/** The template has words for the model's maker's role of this name. */
	readonly knowsDeveloper: boolean
	/** A system message reaches the model. */
	readonly takesSystem: boolean
	/** A system message reaches the model also where tools are shown. */
	readonly takesSystemWithTools: boolean
	readonly calls: CallTraits
	/** The model may think aloud between marks. */
	readonly thinks: boolean

	/**
	 * @param endTexts the control tokens that end a turn.
	 * @throws Error for a text that is no Jinja template, or that cannot render so much as one question.
	 */
	constructor(source: string, constants: Readonly<Record<string, unknown>>, endTexts: readonly string[]) {
		const template = new Template(source)
		const renderWith =
			(noTools: Readonly<Record<string, unknown>>): Render =>
			(messages, { tools, opensAnswer, variables }) =>
				template.render({
					...variables,
					...constants,
					messages,
					...(tools === undefined || tools.length === 0 ? noTools : { tools }),
					add_generation_prompt: opensAnswer,
				})
		this.render = firstThatRenders([renderWith({}), renderWith({ tools: [] })])
		this.knowsDeveloper = /['"]developer['"]/.test(source)
		this.takesSystem = this.shows('system', undefined)
		this.takesSystemWithTools = this.shows('system', [
			{
				type: 'function',
				function: { name: 'probe', description: '', parameters: { type: 'object', properties: {} } },
			},
		])
		this.calls = learnCalls(this.render, endTexts)
		this.thinks = source.includes(thinkClose)
	}

	private shows(role: string, tools: readonly unknown[] | undefined): boolean {
		const words = 'Instructions for a probe.'
		try {
			return this.render(
				[
					{ role, content: words },
					{ role: 'user', content: 'probe' },
				],
				{ ...(tools === undefined ? {} : { tools }), opensAnswer: true },
			).includes(words)
		} catch {
			return false
		}
	}
}

/** Some templates go through their tools without asking whether there are any. */
function firstThatRenders(candidates: readonly Render[]): Render {
	let complaint: unknown
	for (const render of candidates)
		try {
			render([{ role: 'user', content: 'probe' }], { opensAnswer: true })
			return render
		} catch (thrown) {
			complaint ??= thrown
		}
	throw complaint
}
