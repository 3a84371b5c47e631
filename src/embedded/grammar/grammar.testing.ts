// For tests: converts an expression of a grammar, without references, to a regular expression; and generates random
// texts from a whole grammar. Neither knows JSON.

/** Supports literals, classes, groups, alternatives and repetitions, which both notations write alike. */
export function toRegExp(expression: string, rules: Readonly<Record<string, string>> = {}): RegExp {
	const written = tokensOf(expression).map((token) => {
		if (token.startsWith('"')) return `(?:${unescaped(token.slice(1, -1)).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')})`
		if (token.startsWith('['))
			return token.replace(/\\U([0-9a-f]{8})/g, (_, hex: string) => `\\u{${Number.parseInt(hex, 16).toString(16)}}`)
		if (token === '(') return '(?:'
		const rule = rules[token]
		return rule === undefined ? token : toRegExp(rule, rules).source.slice(1, -1)
	})
	return new RegExp(`^(?:${written.join('')})$`, 'u')
}

/** Generates texts; beyond some length it chooses the alternative that ends soonest. */
export function openSampler(grammar: string, random: () => number): () => string {
	const rules = new Map(
		grammar.split('\n').map((line): [string, SampleAlternative[]] => {
			const [name = '', body = ''] = line.split(' ::= ')
			return [name, read(tokensOf(body).values())]
		}),
	)
	const depths = shortestDepths(rules)
	const drawAlternative = (alternatives: readonly SampleAlternative[], room: number): string => {
		const shortest = Math.min(...alternatives.map((alternative) => depthOf(alternative, depths)))
		const open =
			room > 0 ? alternatives : alternatives.filter((alternative) => depthOf(alternative, depths) === shortest)
		const alternative = open[Math.floor(random() * open.length)] ?? []
		return alternative.map((item) => drawItem(item, room - 1)).join('')
	}
	const drawItem = ({ inner, least, most }: SampleItem, room: number): string => {
		let times = least
		while (times < Math.min(most, least + 4) && room > 0 && random() < 0.5) times++
		return Array.from({ length: times }, () => drawInner(inner, room)).join('')
	}
	const drawInner = (inner: SampleItem['inner'], room: number): string => {
		if (inner.type === 'rule') return drawAlternative(rules.get(inner.name) ?? [], room)
		if (inner.type === 'group') return drawAlternative(inner.alternatives, room)
		return inner.type === 'text' ? inner.text : drawCharacter(inner.ranges, random)
	}
	return () => drawAlternative(rules.get('root') ?? [], 40)
}

type Ranges = readonly (readonly [number, number])[]
type Inner =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'class'; readonly ranges: Ranges }
	| { readonly type: 'rule'; readonly name: string }
	| { readonly type: 'group'; readonly alternatives: SampleAlternative[] }

interface SampleItem {
	readonly inner: Inner
	readonly least: number
	readonly most: number
}

type SampleAlternative = SampleItem[]

function read(tokens: Iterator<string>): SampleAlternative[] {
	const alternatives: SampleAlternative[] = [[]]
	for (
		let { value: token, done } = tokens.next();
		done !== true && token !== ')';
		{ value: token, done } = tokens.next()
	) {
		const alternative = alternatives.at(-1) ?? []
		const counts = repetitionOf(token)
		if (token === '|') alternatives.push([])
		else if (counts !== undefined) {
			const item = alternative.pop()
			// A repeated repetition has to be a repeated group.
			const inner: Inner =
				item?.least === 1 && item.most === 1
					? item.inner
					: { type: 'group', alternatives: [item === undefined ? [] : [item]] }
			alternative.push({ inner, ...counts })
		} else alternative.push({ inner: readInner(token, tokens), least: 1, most: 1 })
	}
	return alternatives
}

function readInner(token: string, tokens: Iterator<string>): Inner {
	if (token === '(') return { type: 'group', alternatives: read(tokens) }
	if (token.startsWith('"')) return { type: 'text', text: unescaped(token.slice(1, -1)) }
	if (!token.startsWith('[')) return { type: 'rule', name: token }
	const members = token.slice(1, -1).match(/\\(?:x..|u.{4}|U.{8})|./gsu) ?? []
	const codes = members.map((member, at) =>
		member === '-' && at > 0 && at < members.length - 1 ? undefined : (unescaped(member).codePointAt(0) ?? 0),
	)
	const ranges = codes.flatMap((code, at): [number, number][] => {
		if (code === undefined || (at > 0 && codes[at - 1] === undefined)) return []
		return [[code, codes[at + 1] === undefined ? (codes[at + 2] ?? code) : code]]
	})
	return { type: 'class', ranges }
}

function repetitionOf(token: string): { readonly least: number; readonly most: number } | undefined {
	if (token === '*') return { least: 0, most: Infinity }
	if (token === '+') return { least: 1, most: Infinity }
	if (token === '?') return { least: 0, most: 1 }
	const counts = /^\{(\d+)(,(\d*))?\}$/.exec(token)
	if (counts === null) return undefined
	const least = Number(counts[1])
	return { least, most: counts[2] === undefined ? least : counts[3] === '' ? Infinity : Number(counts[3]) }
}

function drawCharacter(ranges: Ranges, random: () => number): string {
	const [from, to] = ranges[Math.floor(random() * ranges.length)] ?? [0, 0]
	const within =
		random() < 0.3 ? (random() < 0.5 ? from : to) : from + Math.floor(random() * Math.min(to - from + 1, 300))
	return String.fromCodePoint(within)
}

/** Depth in rules of the shallowest text of each rule. */
function shortestDepths(rules: ReadonlyMap<string, readonly SampleAlternative[]>): ReadonlyMap<string, number> {
	const depths = new Map<string, number>()
	for (let changed = true; changed; ) {
		changed = false
		for (const [name, alternatives] of rules) {
			const depth = 1 + Math.min(...alternatives.map((alternative) => depthOf(alternative, depths)))
			if (depth < (depths.get(name) ?? Infinity)) {
				depths.set(name, depth)
				changed = true
			}
		}
	}
	return depths
}

function depthOf(alternative: readonly SampleItem[], depths: ReadonlyMap<string, number>): number {
	return Math.max(
		0,
		...alternative.map(({ inner, least }) => {
			if (least === 0) return 0
			if (inner.type === 'rule') return depths.get(inner.name) ?? Infinity
			return inner.type === 'group' ? Math.min(...inner.alternatives.map((one) => depthOf(one, depths))) : 0
		}),
	)
}

function tokensOf(expression: string): readonly string[] {
	return expression.match(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[\d,]+\}|[()|*+?]|[A-Za-z][\w-]*/g) ?? []
}

function unescaped(text: string): string {
	return text.replace(
		/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/g,
		(_, two?: string, four?: string, eight?: string) =>
			String.fromCodePoint(Number.parseInt(two ?? four ?? eight ?? '0', 16)),
	)
}
