// Builds a grammar in GBNF, llama.cpp's notation, rule by rule. It knows the notation and its limits, but not JSON
// Schema, which schema-compiler.ts translates. Source: the grammar parser of llama.cpp.

import { writeLiteral } from './character-set.ts'
import { checkGrammar } from './grammar-check.ts'
import { cannotEnforce } from './refusal.ts'

/** Larger grammars are rejected: each generated token is compared with the rules that may come next. */
const maxRules = 20_000
const maxCharacters = 3_000_000

export class GrammarBuilder {
	private readonly rules = new Map<string, string>()
	private readonly timesUsed = new Map<string, number>()
	private characters = 0

	/**
	 * Adds a rule for an expression.
	 *
	 * @returns the rule's name, made unique and valid in GBNF.
	 * @throws ChatError `unsupported` if the grammar is too large.
	 */
	rule(name: string, body: string): string {
		const unique = this.reserve(name)
		this.define(unique, body)
		return unique
	}

	/** Reserves a name whose expression follows with `define`: for recursive rules. */
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

	/** The current size of the grammar, for `rollBack`. */
	mark(): number {
		return this.rules.size
	}

	/** Removes the rules added since `mark`. No older rule may refer to them. */
	rollBack(mark: number): void {
		for (const name of [...this.rules.keys()].slice(mark)) this.rules.delete(name)
	}

	/** A literal for exactly this text. */
	literal(text: string): string {
		return text === '' ? '""' : writeLiteral(text)
	}

	/**
	 * The complete grammar. `root` is an expression, such as a rule's name.
	 *
	 * @throws ChatError if llama.cpp could not load it (see grammar-check.ts).
	 */
	build(root: string): string {
		const rules = new Map([['root', root], ...this.rules])
		checkGrammar(rules)
		return [...rules].map(([name, body]) => `${name} ::= ${body}`).join('\n')
	}
}
