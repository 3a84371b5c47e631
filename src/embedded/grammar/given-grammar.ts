// Checks a grammar that a client sent, in llama.cpp's notation, before llama.cpp reads it. It does not validate the
// syntax: llama.cpp does.

import { ChatError } from '../../chat/error.ts'
import { checkGrammar } from './grammar-check.ts'

const maxCharacters = 100_000
/** Literals, classes, comments, any character. */
const opaque = /"(?:[^"\\\n]|\\.)*"|\[(?:[^\]\\\n]|\\.)*\]|#[^\n]*|\./g

/** Literals and classes, once their contents are masked. */
const literals = /"x*"|\[x\]/g

/**
 * @throws ChatError `invalid-request` for a grammar without `root`, with a rule that is not defined, one that never
 * ends, and one that is too large.
 */
export function checkGivenGrammar(gbnf: string, field: string): void {
	if (gbnf.length > maxCharacters) throw wrongGrammar(field, `it is longer than ${maxCharacters} characters`)
	const masked = gbnf.replace(opaque, (text) => {
		if (text.startsWith('#')) return ''
		return text.startsWith('"') ? `"${'x'.repeat(text.length - 2)}"` : '[x]'
	})
	const [, ...parts] = masked.split(/([A-Za-z][\w-]*)\s*::=/)
	const rules = new Map<string, string>()
	for (let at = 0; at + 1 < parts.length; at += 2) rules.set(parts[at] ?? '', parts[at + 1] ?? '')
	if (!rules.has('root')) throw wrongGrammar(field, "it has no rule 'root'")
	for (const body of rules.values())
		for (const [name] of body.replace(literals, '').matchAll(/[A-Za-z][\w-]*/g))
			if (!rules.has(name)) throw wrongGrammar(field, `the rule '${name.slice(0, 100)}' is not defined`)
	try {
		checkGrammar(rules)
	} catch (cause) {
		throw wrongGrammar(field, 'a rule refers to itself without an end, or the rules are too many', cause)
	}
}

export function wrongGrammar(field: string, fault: string, cause?: unknown): ChatError {
	return new ChatError('invalid-request', `Invalid grammar in '${field}': ${fault}.`, {
		param: field,
		code: 'invalid_grammar',
		cause,
	})
}
