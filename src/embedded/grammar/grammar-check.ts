// A finished grammar looked over before llama.cpp reads it: what would hang its parser, or could never come to an end, is refused
// here. It reads the notation that grammar-builder.ts writes, nothing more.

import { cannotEnforce, wrongSchema } from './refusal.ts'

/** llama.cpp writes repetitions out: so many characters and references they may come to. */
const mostElements = 300_000
/** llama.cpp walks every way through the rules that may come first, without remembering where it has been. */
const mostWays = 20_000

interface Item {
	/** A rule's name, a group, or undefined for characters. */
	readonly inner: string | Expression | undefined
	/** It may be left out. */
	readonly optional: boolean
	/** Characters and references of one of it. */
	readonly elements: number
	/** Those of all that llama.cpp writes out for its repetition. */
	readonly writtenOut: number
}

/** Alternatives, each a sequence. */
type Expression = readonly (readonly Item[])[]

/**
 * @param rules by name, with the root under `root`.
 * @throws ChatError `invalid-request` for recursion without an end, `unsupported` for what is too large to be followed.
 */
export function checkGrammar(rules: ReadonlyMap<string, string>): void {
	const expressions = new Map([...rules].map(([name, body]) => [name, parse(body)]))
	const ending = fixpoint(expressions, ends)
	for (const name of expressions.keys())
		if (!ending.has(name))
			throw wrongSchema('a part of the schema refers to itself in every value, which is endless', '#')
	if (expressions.values().reduce((sum, expression) => sum + countWrittenOut(expression), 0) > mostElements)
		throw cannotEnforce('a schema with this many or this large repetitions', '#')
	const empty = fixpoint(expressions, isEmpty)
	const counted = new Map<string, number>()
	for (const name of expressions.keys()) countWays(name, expressions, empty, counted)
}

/** Whether a written expression, whose rules are never empty, may match nothing at all. */
export function mayBeEmpty(body: string): boolean {
	return isEmpty(parse(body), new Set())
}

type Test = (expression: Expression, known: ReadonlySet<string>) => boolean

/** Some text satisfies it. */
const ends: Test = (expression, known) =>
	expression.some((sequence) =>
		sequence.every((item) => item.optional || item.inner === undefined || holdsInside(item.inner, known, ends)),
	)

/** No text at all satisfies it. */
const isEmpty: Test = (expression, known) =>
	expression.some((sequence) =>
		sequence.every((item) => item.optional || (item.inner !== undefined && holdsInside(item.inner, known, isEmpty))),
	)

function holdsInside(inner: string | Expression, known: ReadonlySet<string>, test: Test): boolean {
	return typeof inner === 'string' ? known.has(inner) : test(inner, known)
}

/** The rules for which `holds` becomes true as more and more of them do. */
function fixpoint(expressions: ReadonlyMap<string, Expression>, holds: Test): ReadonlySet<string> {
	const known = new Set<string>()
	for (let before = -1; before < known.size; ) {
		before = known.size
		for (const [name, expression] of expressions) if (!known.has(name) && holds(expression, known)) known.add(name)
	}
	return known
}

/** How many ways lead from a rule through those that may come first. Zero marks a rule that is being counted. */
function countWays(
	name: string,
	expressions: ReadonlyMap<string, Expression>,
	empty: ReadonlySet<string>,
	counted: Map<string, number>,
): number {
	const known = counted.get(name)
	if (known === 0) throw wrongSchema('the schema refers to itself without anything in between', '#')
	if (known !== undefined) return known
	counted.set(name, 0)
	let ways = 1
	for (const first of firsts(expressions.get(name) ?? [], empty)) ways += countWays(first, expressions, empty, counted)
	if (ways > mostWays) throw cannotEnforce('a schema with this many alternatives', '#')
	counted.set(name, ways)
	return ways
}

/** Rules that may stand first, as often as they do. */
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
	const stack: Item[][][] = [[[]]]
	const last = () => stack.at(-1)?.at(-1) ?? []
	const add = (inner: Item['inner'], elements: number) =>
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

function repeated(item: Item, from: number, to: number): Item {
	const writtenOut = from * item.elements + (to - from) * (item.elements + 3)
	return { ...item, optional: item.optional || from === 0, writtenOut: Math.max(item.writtenOut, writtenOut) }
}
