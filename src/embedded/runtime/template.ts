// Renders a model's own chat template, and detects its features by rendering probe conversations: support for
// instructions, the format of tool calls, reasoning marks. It does not know requests or tokens.

import { Template } from '@huggingface/jinja'
import { type CallTraits, deriveCalls } from './call-format.ts'
import type { Render } from './template-message.ts'

export const thinkOpen = '<think>'
export const thinkClose = '</think>'

export class ChatTemplate {
	readonly render: Render
	/** The template supports the `developer` role. */
	readonly knowsDeveloper: boolean
	/** A system message reaches the model. */
	readonly takesSystem: boolean
	/** A system message reaches the model also if tools are present. */
	readonly takesSystemWithTools: boolean
	/** The name of a message's author reaches the model. */
	readonly takesNames: boolean
	readonly calls: CallTraits
	/** The model may reason between marks. */
	readonly thinks: boolean
	private readonly names: ReadonlySet<string>

	/**
	 * @param endTexts the control tokens that end a turn.
	 * @throws Error for invalid Jinja, or for a template that cannot render a single question.
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
		this.takesNames = this.showsNames()
		this.calls = deriveCalls(this.render, endTexts)
		this.thinks = source.includes(thinkClose)
		this.names = new Set(source.match(/[A-Za-z_]\w*/g))
	}

	/** Whether the template's source contains `name` as a name of its own. */
	mentions(name: string): boolean {
		return this.names.has(name)
	}

	private showsNames(): boolean {
		const name = 'name_of_probe'
		try {
			return this.render([{ role: 'user', content: 'probe', name }], { opensAnswer: true }).includes(name)
		} catch {
			return false
		}
	}

	private shows(role: string, tools: readonly unknown[] | undefined): boolean {
		const words = 'Instructions for a probe.'
		try {
			return this.render(
				[
					{ role, content: words },
					{ role: 'user', content: 'probe' },
				],
				{ tools, opensAnswer: true },
			).includes(words)
		} catch {
			return false
		}
	}
}

/** Some templates iterate over their tools without checking that they are defined. */
function firstThatRenders(candidates: readonly Render[]): Render {
	let error: unknown
	for (const render of candidates)
		try {
			render([{ role: 'user', content: 'probe' }], { opensAnswer: true })
			return render
		} catch (thrown) {
			error ??= thrown
		}
	throw error
}
