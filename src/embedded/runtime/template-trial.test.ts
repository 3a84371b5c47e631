import { expect, test } from 'bun:test'
import { rejection } from '../../system/rejection.testing.ts'
import { tryTemplate } from './template-trial.ts'

const probe = (source: string) => ({ source, constants: { bos_token: '<s>', eos_token: '</s>' }, endTexts: ['</s>'] })

test('a template that renders a question passes', async () => {
	await tryTemplate(probe('{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}'))
})

test.each([
	['a loop', '{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}'],
	[
		'a macro',
		'{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{% for a in range(100000000) %}{{ f(1) if a < 0 }}{% endfor %}',
	],
	[
		'text that doubles',
		'{% set ns = namespace(text="ab") %}{% for a in range(100000) %}{% set ns.text = ns.text ~ "x" %}{% for b in range(100000) %}{% set ns.last = b %}{% endfor %}{% endfor %}',
	],
])('a template that does not finish is refused: %s', async (_, source) => {
	expect((await rejection(tryTemplate(probe(source), 300))).message).toMatch(/did not finish within 0.3 s/)
})

test('a template that takes too much memory is refused', async () => {
	const source =
		'{% set ns = namespace(text="abcdefgh") %}{% for a in range(40) %}{% set ns.text = ns.text ~ ns.text %}{{ ns.text|length }}{{ ns.text|upper|length }}{% endfor %}'
	expect(await rejection(tryTemplate(probe(source), 20_000))).toBeInstanceOf(Error)
}, 60_000)

test('an invalid template is refused with its reason', async () => {
	expect(await rejection(tryTemplate(probe('{% for %}')))).toBeInstanceOf(Error)
	expect((await rejection(tryTemplate(probe('{{ raise_exception("never") }}')))).message).toContain('never')
})
