// Parses a YAML file into a value, with the position of every field. It does not know the schema.

import {
	isAlias,
	isMap,
	isNode,
	isPair,
	isScalar,
	isSeq,
	LineCounter,
	type Pair,
	parseDocument,
	visit,
	type Document as YamlTree,
} from 'yaml'

export interface Document {
	/** The file's name, for messages. */
	readonly name: string
	/** The content; undefined if the text contains only comments. */
	readonly value: unknown
	/** The offset in the text of the field at a path, or of its nearest ancestor that exists. */
	offset(path: readonly PropertyKey[]): number
	/** The line of that offset, counted from 1. Undefined if there is no text. */
	line(path: readonly PropertyKey[]): number | undefined
}

/** Syntax errors of the YAML text, one sentence each, with line and column. */
export class DocumentError extends Error {
	override readonly name = 'DocumentError'
}

/** @throws DocumentError */
export function parseYaml(name: string, text: string): Document {
	const lines = new LineCounter()
	const tree = parseTree(name, text, lines)
	const problems = [...tree.errors, ...tree.warnings].map(({ code, message, pos: [at] }) => ({
		at,
		sentence: isUnquotedVariable(text, at) ? unquotedVariable : explainProblem(code, message),
	}))
	if (problems.length === 0) problems.push(...structuralProblems(tree))
	if (problems.length > 0) throw new DocumentError(writeProblems(name, problems, lines))
	const offset = (path: readonly PropertyKey[]): number => {
		for (let length = path.length; length > 0; length--) {
			const at = offsetOf(tree, path.slice(0, length))
			if (at !== undefined) return at
		}
		return 0
	}
	const value = readValue(name, tree) ?? undefined
	const deep = tooDeep(value, [])
	if (deep !== undefined)
		throw new DocumentError(writeProblems(name, [{ at: offset(deep), sentence: nestedTooDeeply }], lines))
	return {
		name,
		value,
		offset,
		line: (path) => lines.linePos(offset(path)).line,
	}
}

/**
 * No field of the schema is nearly as deep. Only values that engines pass through, such as JSON Schemas in a body, need
 * more than a few levels.
 */
const mostLevels = 100

const nestedTooDeeply = `lists and mappings are nested too deeply: at most ${mostLevels} levels are allowed`

function parseTree(name: string, text: string, lines: LineCounter): YamlTree {
	try {
		return parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true })
	} catch (cause) {
		// The parser recurses for each level.
		if (cause instanceof RangeError) throw new DocumentError(`${name}: ${nestedTooDeeply}`, { cause })
		throw cause
	}
}

/** The path of a value that is nested too deeply. */
function tooDeep(value: unknown, path: readonly string[]): readonly string[] | undefined {
	if (typeof value !== 'object' || value === null) return undefined
	if (path.length >= mostLevels) return path
	for (const [step, inner] of Object.entries(value)) {
		const deep = tooDeep(inner, [...path, step])
		if (deep !== undefined) return deep
	}
	return undefined
}

interface SyntaxProblem {
	readonly at: number
	readonly sentence: string
}

/** Maximum number of errors reported: one mistake often causes several errors of the parser. */
const maxProblems = 5

/** Writes the first flaw of each line; the others are mostly its consequences. */
function writeProblems(name: string, problems: readonly SyntaxProblem[], lines: LineCounter): string {
	const byLine = new Map<number, string>()
	for (const { at, sentence } of problems) {
		const { line, col } = lines.linePos(at)
		if (!byLine.has(line)) byLine.set(line, `${name}:${line}:${col}: ${sentence}`)
	}
	return [...byLine.values()].slice(0, maxProblems).join('\n')
}

const unquotedVariable = 'a variable between braces or brackets must be in quotes: "$' + '{NAME}"'

/** Whether the flaw directly follows an unquoted variable, whose brace opens a mapping in YAML. */
function isUnquotedVariable(text: string, at: number): boolean {
	const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at + 1)
	const opened = line.search(/[{[,]/)
	// Split, because a single expression takes seconds if a file is one long line.
	const texts = opened === -1 ? [] : line.slice(opened + 1).split('$' + '{')
	return texts.slice(0, -1).some((text) => /[:,[]\s*[^"'\s:,]*$/.test(text))
}

function explainProblem(code: string, message: string): string {
	if (/^Flow (map|sequence)/.test(message)) return 'a "[" or "{" above is not closed here'
	return sentences[code] ?? `not valid YAML: ${plain(message)}`
}

/** Flaws that the parser finds late or never: aliases and merge keys of the wrong kind, and an unusable name. */
function structuralProblems(tree: YamlTree): readonly SyntaxProblem[] {
	const problems: SyntaxProblem[] = []
	const add = (node: unknown, sentence: string) =>
		problems.push({ at: isNode(node) ? (node.range?.[0] ?? 0) : 0, sentence })
	visit(tree, {
		Alias(_, alias, path) {
			const { source } = alias
			const target = alias.resolve(tree)
			if (target === undefined)
				add(alias, `the alias *${source} refers to nothing: there is no anchor &${source} above it`)
			else if (path.includes(target)) add(alias, `the alias *${source} is inside the value that it refers to`)
		},
		Pair(_, { key, value }) {
			if (isMergeKey(key) && !isMergeable(tree, value)) add(value, mergeSentence)
			// JavaScript would use the value as the mapping's prototype.
			if (isScalar(key) && key.value === '__proto__') add(key, '__proto__ cannot be used as a name')
		},
	})
	return problems
}

const mergeSentence = 'a merge key (<<) takes an alias of a mapping, such as <<: *base, or a list of such aliases'

function isMergeable(tree: YamlTree, value: unknown): boolean {
	const sources = isSeq(value) ? value.items : [value]
	// An alias without an anchor has its own message.
	return sources.every((source) => isMap(source) || (isAlias(source) && isMapOrNothing(source.resolve(tree))))
}

function isMapOrNothing(node: unknown): boolean {
	return node === undefined || isMap(node)
}

function isMergeKey(key: unknown): boolean {
	return isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol')
}

const sentences: Readonly<Record<string, string>> = {
	TAB_AS_INDENT: 'a tab is used for indentation: use spaces',
	DUPLICATE_KEY: 'this key occurs twice in one mapping: remove one of them',
	BAD_INDENT: 'the indentation does not match the lines above: fields of one mapping begin in the same column',
	BLOCK_AS_IMPLICIT_KEY:
		'there are two keys on one line: begin a new line, or put the value in quotes if it contains ": "',
	MULTILINE_IMPLICIT_KEY: 'a key has no ":" after it, or a continuation line of a text is not indented',
	IMPOSSIBLE: 'not valid YAML',
	MULTIPLE_DOCS: 'a second document begins here: a configuration file contains one document',
	MISSING_CHAR: 'a bracket, a brace or a quote is not closed, or a ":" or a "," is missing',
	BAD_ALIAS: 'an anchor or an alias is not written correctly: *name refers to &name',
	TAG_RESOLVE_FAILED:
		'a tag such as !name is not supported: remove it, or put the value in quotes if it begins with "!"',
	NON_STRING_KEY:
		'a list or a mapping cannot be a name: put a value that begins with "{" or "[", such as a placeholder, in quotes',
	BAD_SCALAR_START: 'a value cannot begin with this character: put it in quotes',
	UNEXPECTED_TOKEN: 'this text does not belong here: put the whole value in quotes, or begin a new line with a field',
	BAD_DQ_ESCAPE: 'a text in double quotes has an unknown escape after "\\": write \\\\, or use single quotes',
}

/** The parser's own message, if there is no sentence for its code. */
function plain(message: string): string {
	return message.replace(/^Invalid\b/, 'unusable').replace(/\s+/g, ' ')
}

/** Maximum number of uses of an alias; more count as an attack by expansion. */
const mostAliases = 1000

function readValue(name: string, tree: YamlTree): unknown {
	try {
		return tree.toJS({ maxAliasCount: mostAliases })
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause)
		throw new DocumentError(`${name}:1:1: not valid YAML: ${plain(reason)}`, { cause })
	}
}

/** The offset of the field at `path`: of its key in a mapping, or of the element of a list. */
function offsetOf(tree: YamlTree, path: readonly PropertyKey[]): number | undefined {
	let node: unknown = tree.contents
	let offset: number | undefined
	for (const step of path) {
		const collection = isAlias(node) ? node.resolve(tree) : node
		if (isMap(collection)) {
			const pair = findPair(tree, collection.items, String(step))
			if (pair === undefined) return undefined
			offset = isNode(pair.key) ? pair.key.range?.[0] : undefined
			node = pair.value
		} else if (isSeq(collection)) {
			node = collection.items[Number(step)]
			if (!isNode(node)) return undefined
			offset = node.range?.[0]
		} else return undefined
	}
	return offset
}

/** Includes the fields that a merge key adds. */
function findPair(tree: YamlTree, items: readonly unknown[], name: string): Pair | undefined {
	const pairs = items.filter((item): item is Pair => isPair(item))
	const own = pairs.find(({ key }) => String(isScalar(key) ? key.value : key) === name)
	if (own !== undefined) return own
	for (const { key, value } of pairs) {
		if (!isMergeKey(key)) continue
		for (const source of isSeq(value) ? value.items : [value]) {
			const merged = isAlias(source) ? source.resolve(tree) : source
			const found = isMap(merged) ? findPair(tree, merged.items, name) : undefined
			if (found !== undefined) return found
		}
	}
	return undefined
}
