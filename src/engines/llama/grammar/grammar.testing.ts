// For tests: an expression of a grammar, without references, as a regular expression.

/** Understands literals, classes, groups, alternatives and repetitions, which the two notations write alike. */
export function toRegExp(expression: string, rules: Readonly<Record<string, string>> = {}): RegExp {
	const tokens = expression.match(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[\d,]+\}|[()|*+?]|[A-Za-z][\w-]*/g) ?? []
	const written = tokens.map((token) => {
		if (token.startsWith('"')) return `(?:${unescaped(token.slice(1, -1)).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')})`
		if (token.startsWith('['))
			return token.replace(/\\U([0-9a-f]{8})/g, (_, hex: string) => `\\u{${Number.parseInt(hex, 16).toString(16)}}`)
		if (token === '(') return '(?:'
		const rule = rules[token]
		return rule === undefined ? token : toRegExp(rule, rules).source.slice(1, -1)
	})
	return new RegExp(`^(?:${written.join('')})$`, 'u')
}

function unescaped(text: string): string {
	return text.replace(
		/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/g,
		(_, two?: string, four?: string, eight?: string) =>
			String.fromCodePoint(Number.parseInt(two ?? four ?? eight ?? '0', 16)),
	)
}
