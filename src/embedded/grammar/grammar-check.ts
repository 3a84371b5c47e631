// Checks a finished grammar before llama.cpp reads it: rejects grammars that would hang its parser or could never terminate.
// It reads only the notation that grammar-builder.ts writes.

import { cannotEnforce, wrongSchema } from './refusal.ts'

/** llama.cpp expands repetitions: the limit of characters and references after expansion. */
const mostElements = 300_000
/** llama.cpp explores every path through the rules that may come first, without memoization. */
const maxAlternatives = 20_000

interface GrammarItem {
	/** A rule's name, a group, or undefined for characters. */
	readonly inner: string | Expression | undefined
	/** Whether it may be omitted. */
	readonly optional: boolean
	/** Number of characters and references in one copy of it. */
	readonly elements: number
	/** Number of elements after llama.cpp expanded its repetition. */
	readonly writtenOut: number
}

/** Alternatives, each a sequence. */
type Expression = readonly (readonly GrammarItem[])[]

/**
 * @param rules by name, with the root under `root`.
 * @throws ChatError `invalid-request` for infinite recursion, `unsupported` for a grammar that is too large.
 */
export function checkGrammar(rules: ReadonlyMap<string, string>): void {
	const expressions = new Map([...rules].map(([name, body]) => [name, parse(body)]))
	const ending = fixpoint(expressions, ends)
	for (const name of expressions.keys())
		if (!ending.has(name))
			throw wrongSchema('a part of the schema is infinitely recursive: every value of it contains another one', '#')
	if (expressions.values().reduce((sum, expression) => sum + countWrittenOut(expression), 0) > mostElements)
		throw cannotEnforce('a schema with so many or such large repetitions', '#')
	const empty = fixpoint(expressions, isEmpty)
	const counted = new Map<string, number>()
	for (const name of expressions.keys()) countAlternatives(name, expressions, empty, counted)
}

/** Whether an expression, whose rules are never empty, may match the empty text. */
export function mayBeEmpty(body: string): boolean {
	return isEmpty(parse(body), new Set())
}

type Test = (expression: Expression, known: ReadonlySet<string>) => boolean

/** Whether some text matches it. */
const ends: Test = (expression, known) =>
	expression.some((sequence) =>
		sequence.every((item) => item.optional || item.inner === undefined || holdsInside(item.inner, known, ends)),
	)

/** Whether the empty text matches it. */
const isEmpty: Test = (expression, known) =>
	expression.some((sequence) =>
		sequence.every((item) => item.optional || (item.inner !== undefined && holdsInside(item.inner, known, isEmpty))),
	)

function holdsInside(inner: string | Expression, known: ReadonlySet<string>, test: Test): boolean {
	return typeof inner === 'string' ? known.has(inner) : test(inner, known)
}

/** The rules that satisfy `holds`, computed as a least fixpoint. */
function fixpoint(expressions: ReadonlyMap<string, Expression>, holds: Test): ReadonlySet<string> {
	const known = new Set<string>()
	for (let before = -1; before < known.size; ) {
		before = known.size
		for (const [name, expression] of expressions) if (!known.has(name) && holds(expression, known)) known.add(name)
	}
	return known
}

/** Number of paths from a rule through the rules that may come first. Zero marks a rule that is being counted. */
function countAlternatives(
	name: string,
	expressions: ReadonlyMap<string, Expression>,
	empty: ReadonlySet<string>,
	counted: Map<string, number>,
): number {
	const known = counted.get(name)
	if (known === 0) throw wrongSchema('the schema refers directly to itself', '#')
	if (known !== undefined) return known
	counted.set(name, 0)
	let alternatives = 1
	for (const first of firsts(expressions.get(name) ?? [], empty))
		alternatives += countAlternatives(first, expressions, empty, counted)
	if (alternatives > maxAlternatives) throw cannotEnforce('a schema with so many alternatives', '#')
	counted.set(name, alternatives)
	return alternatives
}

/** Rules that may come first, once per occurrence. */
function firsts(expression: Expression, empty: ReadonlySet<string>): readonly string[] {
	return expression.flatMap((sequence) => {
		const found: string[] = []
		for (const { inner, optional } of sequence) {
			if (typeof inner === 'string') found.push(inner)
			else if (inner !== undefined) found.push(...firsts(inner, empty))
			const mayBeEmpty =
				optional || (typeof inner === 'string' ? empty.has(inner) : inner !== undefined && isEmpty(inner, empty))
			if (!mayBeEmpty) break
		}
		return found
	})
}

function countWrittenOut(expression: Expression): number {
	return expression.flat().reduce((sum, { inner, writtenOut }) => {
		return sum + writtenOut + (typeof inner === 'object' ? countWrittenOut(inner) : 0)
	}, 0)
}

const token = /"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{(\d+)(,(\d*))?\}|[()|*+?]|[A-Za-z][\w-]*/g

function parse(body: string): Expression {
	const stack: GrammarItem[][][] = [[[]]]
	const last = () => stack.at(-1)?.at(-1) ?? []
	const add = (inner: GrammarItem['inner'], elements: number) =>
		last().push({ inner, optional: elements === 0, elements, writtenOut: 0 })
	for (const [text, least, upTo, most] of body.matchAll(token)) {
		if (text === '(') stack.push([[]])
		else if (text === ')') add(stack.pop() ?? [], 1)
		else if (text === '|') stack.at(-1)?.push([])
		else if (/^[*+?{]/.test(text)) {
			const item = last().pop()
			const from = text === '+' ? 1 : Number(least ?? 0)
			if (item !== undefined) last().push(repeated(item, from, upTo === undefined ? from : Number(most || from + 1)))
		} else if (/^[A-Za-z]/.test(text)) add(text, 1)
		else add(undefined, text.slice(1, -1).replace(/\\(x..|u.{4}|U.{8}|.)/g, '.').length)
	}
	return stack[0] ?? []
}

function repeated(item: GrammarItem, from: number, to: number): GrammarItem {
	const writtenOut = from * item.elements + (to - from) * (item.elements + 3)
	return { ...item, optional: item.optional || from === 0, writtenOut: Math.max(item.writtenOut, writtenOut) }
}
