// Grammars in GBNF, llama.cpp's notation, put together rule by rule. It knows the notation and its limits, not what is written in it
// (how JSON Schema becomes rules stands in schema-compiler.ts). Source: the grammar parser of llama.cpp.

import { writeLiteral } from './character-set.ts'
import { checkGrammar } from './grammar-check.ts'
import { cannotEnforce } from './refusal.ts'

/** Larger grammars are refused: each token that is generated is compared with the rules that may come next. */
const maxRules = 20_000
const maxCharacters = 3_000_000

export class GrammarBuilder {
	private readonly rules = new Map<string, string>()
	private readonly timesUsed = new Map<string, number>()
	private characters = 0

	/**
	 * Names an expression.
	 *
	 * @returns the name, made unique and fit for the notation.
	 * @throws ChatError `unsupported` where the grammar grows too large.
	 */
	rule(name: string, body: string): string {
		const unique = this.reserve(name)
		this.define(unique, body)
		return unique
	}

	/** A name whose expression follows with `define`: for rules that refer to themselves. */
	reserve(name: string): string {
		const fit = name.replace(/[^a-zA-Z0-9-]+/g, '-').slice(0, 40) || 'rule'
		let times = (this.timesUsed.get(fit) ?? 0) + 1
		let unique = times === 1 ? fit : `${fit}-${times}`
		while (this.rules.has(unique) || unique === 'root') unique = `${fit}-${++times}`
		this.timesUsed.set(fit, times)
		this.rules.set(unique, '')
		return unique
	}

	define(name: string, body: string): void {
		this.rules.set(name, body)
		this.characters += name.length + body.length
		if (this.rules.size > maxRules || this.characters > maxCharacters) throw cannotEnforce('a schema of this size', '#')
	}

	/** How far the grammar has grown, for `forget`. */
	mark(): number {
		return this.rules.size
	}

	/** Takes back the rules that were made since `mark`, which nothing older may refer to. */
	forget(mark: number): void {
		for (const name of [...this.rules.keys()].slice(mark)) this.rules.delete(name)
	}

	/** Exactly this text. */
	literal(text: string): string {
		return text === '' ? '""' : writeLiteral(text)
	}

	/**
	 * The whole grammar. `root` is an expression, as a rule's name.
	 *
	 * @throws ChatError where llama.cpp could not take it (see grammar-check.ts).
	 */
	build(root: string): string {
		const rules = new Map([['root', root], ...this.rules])
		checkGrammar(rules)
		return [...rules].map(([name, body]) => `${name} ::= ${body}`).join('\n')
	}
}
