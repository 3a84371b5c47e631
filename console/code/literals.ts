// JSON values as literals of Python and TypeScript.

export interface LiteralSyntax {
	readonly true: string
	readonly false: string
	readonly null: string
	readonly key: (name: string) => string
	readonly indent: string
}

export const pythonSyntax: LiteralSyntax = {
	true: 'True',
	false: 'False',
	null: 'None',
	// The escapes of JSON are escapes of Python, too.
	key: (name) => JSON.stringify(name),
	indent: '    ',
}

export const typescriptSyntax: LiteralSyntax = {
	true: 'true',
	false: 'false',
	null: 'null',
	key: (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)),
	indent: '  ',
}

/** @param depth of the line on which the value starts. */
export function writeLiteral(value: unknown, syntax: LiteralSyntax, depth: number): string {
	if (value === null || value === undefined) return syntax.null
	if (typeof value === 'boolean') return value ? syntax.true : syntax.false
	if (typeof value !== 'object') return JSON.stringify(value)
	const isList = Array.isArray(value)
	const inner = isList
		? value.map((item) => writeLiteral(item, syntax, depth + 1))
		: Object.entries(value).map(([name, item]) => `${syntax.key(name)}: ${writeLiteral(item, syntax, depth + 1)}`)
	const [open, close] = isList ? ['[', ']'] : ['{', '}']
	if (inner.length === 0) return open + close
	const margin = syntax.indent.repeat(depth)
	return `${open}\n${inner.map((item) => `${margin}${syntax.indent}${item},\n`).join('')}${margin}${close}`
}
