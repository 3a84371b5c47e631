// Selects the dialect of a request. Dialects share paths (four of them serve `/v1/chat/completions`), so the selection
// uses, in this order: the mount prefix, the caller's key, headers that identify the client, the configured default. A
// dialect that does not claim the path is skipped, unless the headers select it.

import type { RequestHeaders } from '../http/request-headers.ts'
import type { Method, RouteMatch } from '../http/route-table.ts'
import { RouteTable } from '../http/route-table.ts'
import type { Dialect, Route } from './dialect.ts'

export interface DialectRoute {
	readonly dialect: Dialect
	readonly route: Route
	/** The path as declared, with prefix. */
	readonly pattern: string
}

/** Names of the default dialects, for paths that several dialects claim. */
export interface DialectDefaults {
	/** For paths below `/v1`. */
	readonly v1: string
	/** For all other paths. */
	readonly root: string
}

/** The parts of a request that the selection uses. */
export interface RouteLookup {
	readonly method: string
	/** Normalized. */
	readonly path: string
	readonly headers: RequestHeaders
	/** The dialect that the caller's key selects, if the key is known. */
	readonly preferred?: string | undefined
}

interface DialectEntry {
	readonly dialect: Dialect
	/** First segments of its shared paths, such as `/v1`. */
	readonly beginnings: ReadonlySet<string>
	/** Its shared paths. */
	readonly table: RouteTable<DialectRoute>
	/** Shared paths that it also serves to clients of other dialects. */
	readonly offered: RouteTable<DialectRoute>
}

/** The tables in which a path is looked up, in order. */
interface Order {
	/** The dialect that writes errors. */
	readonly likeliest: Dialect
	readonly tables: readonly RouteTable<DialectRoute>[]
}

/** A configured default, and the order that follows from it alone. */
interface Default {
	readonly entry: DialectEntry
	readonly order: Order
}

export class DialectChoice {
	private readonly mounted = new RouteTable<DialectRoute>()
	private readonly entries: readonly DialectEntry[]
	/** Those that identify their clients by headers. */
	private readonly recognizing: readonly DialectEntry[]
	/** Those whose client libraries also serve other dialects. */
	private readonly suggesting: readonly DialectEntry[]
	private readonly v1: Default
	private readonly root: Default
	private readonly mounts: ReadonlyMap<string, Dialect>

	/** @throws Error if a default is not a dialect, or a dialect claims a path twice. */
	constructor(dialects: readonly Dialect[], defaults: DialectDefaults) {
		this.entries = dialects.map((dialect) => ({
			dialect,
			beginnings: new Set(
				dialect.routes.flatMap(({ path }) => dialect.prefixes.map((prefix) => beginningOf(prefix + path))),
			),
			table: sharedTable(dialect),
			offered: sharedTable(dialect, ({ explicitOnly }) => explicitOnly !== true),
		}))
		this.recognizing = this.entries.filter(({ dialect }) => dialect.recognizes !== undefined)
		this.suggesting = this.entries.filter(({ dialect }) => dialect.suggests !== undefined)
		this.mounts = new Map(dialects.map((dialect) => [dialect.mount, dialect]))
		for (const dialect of dialects) claim(dialect, this.mounted, dialect.mount)
		const usual = (entry: DialectEntry): Default => ({ entry, order: this.arrange([entry]) })
		this.v1 = usual(this.entry(defaults.v1))
		this.root = usual(this.entry(defaults.root))
	}

	/** Finds the route of a request. */
	find(lookup: RouteLookup): RouteMatch<DialectRoute> {
		const { method } = lookup
		if (this.mounts.has(beginningOf(lookup.path))) return this.mounted.find(method, lookup.path)
		let refused: RouteMatch<DialectRoute> = { type: 'none' }
		for (const table of this.order(lookup).tables) {
			const match = table.find(method, lookup.path)
			if (match.type === 'found') return match
			if (match.type === 'other-methods' && refused.type === 'none') refused = match
		}
		return refused
	}

	/** Finds a route that is only served to clients of its dialect: the caller's key may still select that dialect. */
	findExplicit({ method, path }: RouteLookup): RouteMatch<DialectRoute> {
		for (const { table } of this.entries) {
			const match = table.find(method, path)
			if (match.type === 'found' && match.target.route.explicitOnly === true) return match
		}
		return { type: 'none' }
	}

	/**
	 * The dialect that writes errors if no route matches: that of the client, the only one that uses the path's first
	 * segment, or else the likeliest one.
	 */
	dialectFor(lookup: RouteLookup): Dialect {
		const beginning = beginningOf(lookup.path)
		const owner = this.mounts.get(beginning) ?? this.recognized(lookup.headers)?.dialect
		if (owner !== undefined) return owner
		const [only, ...others] = this.entries.filter(({ beginnings }) => beginnings.has(beginning))
		if (only !== undefined && others.length === 0) return only.dialect
		return this.order(lookup).likeliest
	}

	/** Most requests identify no dialect, so their order is computed once. */
	private order({ path, headers, preferred }: RouteLookup): Order {
		const usual = path.startsWith('/v1/') ? this.v1 : this.root
		// The key may select a dialect that this version does not have.
		const chosen = preferred === undefined ? undefined : this.entries.find(({ dialect }) => dialect.name === preferred)
		const recognized = this.recognized(headers)
		if (recognized !== undefined) {
			const own = [chosen, recognized].filter((entry) => entry !== undefined)
			return { likeliest: (chosen ?? recognized).dialect, tables: own.map(({ table }) => table) }
		}
		const selected = chosen ?? this.suggested(headers, usual.entry)
		return selected === undefined ? usual.order : this.arrange([selected, usual.entry])
	}

	private recognized(headers: RequestHeaders): DialectEntry | undefined {
		return this.recognizing.find(({ dialect }) => dialect.recognizes?.(headers) === true)
	}

	/** The clients of `usual` may send nothing that identifies them; then it stays selected. */
	private suggested(headers: RequestHeaders, usual: DialectEntry): DialectEntry | undefined {
		if (usual.dialect.recognizes === undefined) return undefined
		return this.suggesting.find(({ dialect }) => dialect.suggests?.(headers) === true)
	}

	/** First the selected dialects, likeliest first, then all others with the paths that they serve to any client. */
	private arrange(selected: readonly [DialectEntry, ...DialectEntry[]]): Order {
		const first = new Set(selected)
		const others = this.entries.filter((entry) => !first.has(entry))
		return {
			likeliest: selected[0].dialect,
			tables: [...[...first].map(({ table }) => table), ...others.map(({ offered }) => offered)],
		}
	}

	/** @throws Error if there is no such dialect. */
	named(name: string): Dialect {
		return this.entry(name).dialect
	}

	private entry(name: string): DialectEntry {
		const entry = this.entries.find(({ dialect }) => dialect.name === name)
		if (entry === undefined)
			throw new Error(
				`no dialect '${name}': expected one of ${this.entries.map(({ dialect }) => dialect.name).join(', ')}`,
			)
		return entry
	}
}

function sharedTable(dialect: Dialect, which?: (route: Route) => boolean): RouteTable<DialectRoute> {
	const table = new RouteTable<DialectRoute>()
	claim(dialect, table, '', which)
	return table
}

function claim(
	dialect: Dialect,
	table: RouteTable<DialectRoute>,
	mount: string,
	which: (route: Route) => boolean = () => true,
): void {
	for (const route of dialect.routes.filter(which))
		for (const prefix of dialect.prefixes) {
			const pattern = mount + prefix + route.path
			table.add(route.method satisfies Method, pattern, { dialect, route, pattern })
		}
}

/** A path's first segment, with its slash. */
function beginningOf(path: string): string {
	const end = path.indexOf('/', 1)
	return end === -1 ? path : path.slice(0, end)
}
