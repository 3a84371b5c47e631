// Replaces `${NAME}` and `${NAME:-default}` in a text with the values of environment variables. `$${` is a literal
// `${`.

import { nearest } from '../system/nearest.ts'
import type { Environment } from './environment.ts'

export interface Expansion {
	readonly text: string
	readonly usesVariable: boolean
	/** An error in the variables. `text` is not usable if it is set. */
	readonly problem?: string
}

const reference = /^([A-Za-z_]\w*)(:-([\s\S]*))?$/

/**
 * Whitespace around a variable's value is removed, because tools that set variables from files often leave a line end.
 */
export function expand(given: string, environment: Environment): Expansion {
	let text = ''
	let usesVariable = false
	let rest = given
	for (;;) {
		const at = rest.indexOf('${')
		if (at === -1) return { text: text + rest, usesVariable }
		if (rest[at - 1] === '$') {
			text += `${rest.slice(0, at - 1)}\${`
			rest = rest.slice(at + 2)
			continue
		}
		const end = rest.indexOf('}', at)
		const inner = end === -1 ? rest.slice(at + 2) : rest.slice(at + 2, end)
		const [, name, hasDefault, fallback = ''] = reference.exec(inner) ?? []
		if (end === -1 || name === undefined || inner.includes('${'))
			return { text, usesVariable, problem: explainReference(inner, end !== -1) }
		const value = environment[name]?.trim()
		if (value === undefined && hasDefault === undefined)
			return { text, usesVariable, problem: explainMissing(name, environment) }
		text += rest.slice(0, at) + (hasDefault !== undefined && (value === undefined || value === '') ? fallback : value)
		usesVariable = true
		rest = rest.slice(end + 1)
	}
}

/** Contains only the name of the variable, because the text after it may be a secret. */
function explainReference(inner: string, closed: boolean): string {
	const [name = ''] = /^\w*/.exec(inner) ?? []
	if (inner.includes('${'))
		return `\${${name}… contains another variable: one variable cannot be the default of another`
	if (!closed) return `\${${name}… is not closed: write \${${name || 'NAME'}}, or $\${ for the text \${ itself`
	if (name === '')
		return `\${…} names no variable: write \${NAME} or \${NAME:-default}, or $\${ for the text \${ itself`
	return /^\d/.test(name)
		? `\${${name}…} is not the name of a variable: it cannot begin with a digit`
		: `\${${name}…} is not a variable: write \${${name}}, or \${${name}:-default} for a default`
}

function explainMissing(name: string, environment: Environment): string {
	const suggestion = nearest(name, Object.keys(environment))
	const meant = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
	return `the environment variable ${name} is not set${meant}: set it, or write \${${name}:-default}`
}
