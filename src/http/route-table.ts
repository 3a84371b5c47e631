// Finds what answers a path. A pattern's last segment may be `{name}`, which takes the rest of the path, slashes included: model ids
// contain them, encoded or not.

import { decodePath } from './path.ts'

export type Method = 'GET' | 'POST' | 'DELETE'

export type RouteMatch<Target> =
	| { readonly type: 'found'; readonly target: Target; readonly parameter?: string }
	/** The path is known, the method is not; these would be. */
	| { readonly type: 'other-methods'; readonly methods: readonly Method[] }
	| { readonly type: 'none' }

interface Entry<Target> {
	readonly methods: Map<Method, Target>
}

export class RouteTable<Target> {
	private readonly exact = new Map<string, Entry<Target>>()
	private readonly prefixed = new Map<string, Entry<Target>>()

	/** @throws Error where the pattern is taken: two dialects must not claim one path. */
	add(method: Method, pattern: string, target: Target): void {
		const open = /^(.*\/)\{\w+\}$/.exec(pattern)?.[1]
		const table = open === undefined ? this.exact : this.prefixed
		const path = open ?? pattern
		const entry = table.get(path) ?? { methods: new Map() }
		if (entry.methods.has(method)) throw new Error(`${method} ${pattern} is claimed twice`)
		entry.methods.set(method, target)
		table.set(path, entry)
	}

	/** `path` as `normalisePath` leaves it. */
	find(method: string, path: string): RouteMatch<Target> {
		const exact = this.exact.get(path)
		if (exact !== undefined) return choose(exact, method)
		for (const [prefix, entry] of this.prefixed) {
			if (!path.startsWith(prefix)) continue
			const parameter = decodePath(path.slice(prefix.length))
			if (parameter !== undefined) return choose(entry, method, parameter)
		}
		return { type: 'none' }
	}
}

function choose<Target>(entry: Entry<Target>, method: string, parameter?: string): RouteMatch<Target> {
	const target = entry.methods.get(method as Method)
	if (target === undefined) return { type: 'other-methods', methods: [...entry.methods.keys()] }
	return { type: 'found', target, ...(parameter === undefined ? {} : { parameter }) }
}
