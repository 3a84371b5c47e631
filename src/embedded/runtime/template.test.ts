// Features detected by rendering, on small templates in the style of real ones.

import { describe, expect, test } from 'bun:test'
import { plainFormat } from './call-format.ts'
import { ChatTemplate } from './template.ts'

const turns = (assistant: string, tools = '') =>
	`{%- if tools %}${tools}{%- endif %}{%- for m in messages %}{%- if m.role == 'assistant' %}${assistant}{%- else %}{{- '<|start|>' + m.role + '\\n' + m.content + '<|end|>\\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|start|>assistant\\n' }}{%- endif %}`
const showTools = `{{- '<|start|>system\\n' + (tools | tojson) + '<|end|>\\n' }}`

function derive(source: string) {
	return new ChatTemplate(source, { bos_token: '<s>', eos_token: '</s>' }, ['<|end|>', '</s>'])
}

describe('calls', () => {
	test('between marks, one after the other', () => {
		const { calls } = derive(
			turns(
				`{{- '<|start|>assistant\\n' + m.content }}{%- for c in m.tool_calls or [] %}{{- '<call>{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}</call>' }}{%- endfor %}{{- '<|end|>\\n' }}`,
				showTools,
			),
		)
		expect(calls).toMatchObject({ native: true, takesValues: true, idLength: undefined })
		expect(calls.format).toEqual({
			head: '<call>',
			beforeName: '{"name": "',
			afterName: '", "arguments": ',
			beforeId: undefined,
			afterArguments: '}',
			between: '</call><call>',
			tail: '</call>',
		})
	})

	test('in an array with ids of nine letters', () => {
		const { calls } = derive(
			turns(
				`{%- if m.tool_calls %}{{- '[CALLS][' }}{%- for c in m.tool_calls %}{%- if c.id | length != 9 %}{{- raise_exception('nine!') }}{%- endif %}{{- '{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + ', "id": "' + c.id + '"}' }}{%- if not loop.last %}{{- ', ' }}{%- endif %}{%- endfor %}{{- ']</s>' }}{%- else %}{{- m.content + '</s>' }}{%- endif %}`,
				showTools,
			),
		)
		expect(calls.idLength).toBe(9)
		expect(calls.format).toMatchObject({
			head: '[CALLS][',
			beforeId: ', "id": "',
			afterArguments: '"}',
			between: ', ',
			tail: ']',
		})
	})

	test('bare, one at a time, with arguments under another name', () => {
		const { calls } = derive(
			turns(
				`{%- if m.tool_calls %}{%- if m.tool_calls | length > 1 %}{{- raise_exception('one!') }}{%- endif %}{%- set c = m.tool_calls[0] %}{{- '<|start|>assistant\\n{"name": "' + c.function.name + '", "parameters": ' + (c.function.arguments | tojson) + '}<|end|>' }}{%- else %}{{- '<|start|>assistant\\n' + m.content + '<|end|>' }}{%- endif %}`,
				showTools,
			),
		)
		expect(calls.format).toMatchObject({ head: '', afterName: '", "parameters": ', between: undefined, tail: '' })
	})

	test('in the generic format if the template has none, or an unrecognized one', () => {
		const outputTemplate = `{{- '<|start|>assistant\\n' + m.content + '<|end|>\\n' }}`
		expect(derive(turns(outputTemplate)).calls).toMatchObject({ native: false, format: plainFormat })
		const xml = `{%- for c in m.tool_calls %}{{- '<function=' + c.function.name + '>' }}{%- endfor %}`
		expect(derive(turns(outputTemplate + xml, showTools)).calls).toMatchObject({ native: false, format: plainFormat })
	})
})

test('instructions reach the model or do not', () => {
	const withoutSystem = `{%- for m in messages %}{%- if m.role == 'system' %}{{- raise_exception('no system') }}{%- endif %}{{- m.content }}{%- endfor %}`
	expect(derive(withoutSystem)).toMatchObject({ takesSystem: false, knowsDeveloper: false, thinks: false })
	expect(derive(turns('{{- m.content }}'))).toMatchObject({ takesSystem: true, takesSystemWithTools: true })
	expect(
		derive(`{%- for m in messages if not (tools and m.role == 'system') %}{{- m.content }}{%- endfor %}`),
	).toMatchObject({
		takesSystem: true,
		takesSystemWithTools: false,
	})
})

test('a template that iterates over undefined tools gets an empty list', () => {
	const { render } = derive(
		`{%- for t in tools %}{{- t.function.name }}{%- endfor %}{%- for m in messages %}{{- m.content }}{%- endfor %}`,
	)
	expect(render([{ role: 'user', content: 'Hi' }], { opensAnswer: true })).toBe('Hi')
})

test('an invalid template is rejected', () => {
	expect(() => derive('{% for %}')).toThrow()
})
