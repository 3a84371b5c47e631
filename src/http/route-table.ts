// Matches paths to routes. A segment of a pattern may be `{name}`, which matches any segment; as the last one it
// matches the rest of the path, slashes included: model ids contain them, encoded or not. HEAD matches every path that
// GET matches (RFC 9110, section 9.3.2).

import { decodePath } from './path.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export type RouteMatch<Target> =
	/** `parameters`: the value of each `{name}`, decoded. */
	| { readonly type: 'found'; readonly target: Target; readonly parameters: readonly string[] }
	/** The path exists, but not for this method; `methods` are those it accepts, including HEAD. */
	| { readonly type: 'other-methods'; readonly methods: readonly (Method | 'HEAD')[] }
	| { readonly type: 'none' }

interface RouteEntry<Target> {
	readonly methods: Map<Method, Target>
}

interface OpenEntry<Target> extends RouteEntry<Target> {
	readonly pattern: string
	readonly expression: RegExp
	readonly segments: number
}

const noParameters: readonly string[] = []

export class RouteTable<Target> {
	private readonly exact = new Map<string, RouteEntry<Target>>()
	/** Patterns with more segments first. */
	private open: readonly OpenEntry<Target>[] = []

	/** @throws Error if the pattern has a route already: two dialects must not claim one path. */
	add(method: Method, pattern: string, target: Target): void {
		const { methods } = pattern.includes('{') ? this.openEntry(pattern) : this.exactEntry(pattern)
		if (methods.has(method)) throw new Error(`${method} ${pattern} is claimed twice`)
		methods.set(method, target)
	}

	/** @param path a result of `normalizePath`. */
	find(method: string, path: string): RouteMatch<Target> {
		const exact = this.exact.get(path)
		if (exact !== undefined) return choose(exact, method, noParameters)
		for (const entry of this.open) {
			const parameters = entry.expression.exec(path)?.slice(1).map(decodePath)
			if (parameters?.every((parameter) => parameter !== undefined)) return choose(entry, method, parameters)
		}
		return { type: 'none' }
	}

	private exactEntry(pattern: string): RouteEntry<Target> {
		const entry = this.exact.get(pattern) ?? { methods: new Map() }
		this.exact.set(pattern, entry)
		return entry
	}

	private openEntry(pattern: string): RouteEntry<Target> {
		const known = this.open.find((entry) => entry.pattern === pattern)
		if (known !== undefined) return known
		const entry = {
			pattern,
			expression: expressionOf(pattern),
			segments: pattern.split('/').length,
			methods: new Map<Method, Target>(),
		}
		this.open = [...this.open, entry].sort((a, b) => b.segments - a.segments)
		return entry
	}
}

function expressionOf(pattern: string): RegExp {
	const literal = (text: string) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
	const source = literal(pattern)
		.replace(/\{\w+\}$/, '(.+)')
		.replace(/\{\w+\}/g, '([^/]+)')
	return new RegExp(`^${source}$`)
}

function choose<Target>(
	{ methods }: RouteEntry<Target>,
	method: string,
	parameters: readonly string[],
): RouteMatch<Target> {
	const target = methods.get((method === 'HEAD' ? 'GET' : method) as Method)
	if (target === undefined)
		return {
			type: 'other-methods',
			methods: [...methods.keys()].flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known])),
		}
	return { type: 'found', target, parameters }
}
