// Which dialect is meant: the one place that decides it. Paths are shared (`/v1/chat/completions` is four dialects'), so what is looked
// at is, in this order: the mount prefix, the caller's key, headers that only one kind of client sends, the configured default. A
// dialect that does not claim the path is passed over.

import type { Method, RouteMatch } from '../http/route-table.ts'
import { RouteTable } from '../http/route-table.ts'
import type { Dialect, Route } from './dialect.ts'

export interface Spoken {
	readonly dialect: Dialect
	readonly route: Route
	/** The path that it answers to, as it was declared. */
	readonly pattern: string
}

/** Names of dialects, for paths that several claim. */
export interface DialectDefaults {
	/** Below `/v1`. */
	readonly v1: string
	/** Everywhere else. */
	readonly root: string
}

/** What there is to see of a request. */
export interface Sighting {
	readonly method: string
	/** Normalised. */
	readonly path: string
	readonly headers: Headers
	/** The dialect that the caller's key is for, once the key is known. */
	readonly preferred?: string | undefined
}

interface Tongue {
	readonly dialect: Dialect
	/** First segments of its shared paths, as `/v1`. */
	readonly beginnings: ReadonlySet<string>
	/** Its shared paths. */
	readonly table: RouteTable<Spoken>
	/** Those that it answers for clients of other dialects too. */
	readonly offered: RouteTable<Spoken>
}

/** Where a path is looked for. */
interface Order {
	/** Whose errors its client understands. */
	readonly likeliest: Dialect
	readonly tables: readonly RouteTable<Spoken>[]
}

/** A configured default, and the order that follows from it alone. */
interface Default {
	readonly tongue: Tongue
	readonly order: Order
}

export class DialectChoice {
	private readonly mounted = new RouteTable<Spoken>()
	private readonly tongues: readonly Tongue[]
	private readonly v1: Default
	private readonly root: Default
	private readonly mounts: ReadonlyMap<string, Dialect>

	/** @throws Error for a default that is no dialect, and where a dialect claims one path twice. */
	constructor(dialects: readonly Dialect[], defaults: DialectDefaults) {
		this.tongues = dialects.map((dialect) => ({
			dialect,
			beginnings: new Set(
				dialect.routes.flatMap(({ path }) => dialect.prefixes.map((prefix) => beginningOf(prefix + path))),
			),
			table: sharedTable(dialect),
			offered: sharedTable(dialect, ({ expressly }) => expressly !== true),
		}))
		this.mounts = new Map(dialects.map((dialect) => [dialect.mount, dialect]))
		for (const dialect of dialects) claim(dialect, this.mounted, dialect.mount)
		const usual = (tongue: Tongue): Default => ({ tongue, order: this.arrange([tongue]) })
		this.v1 = usual(this.tongue(defaults.v1))
		this.root = usual(this.tongue(defaults.root))
	}

	/** What answers. */
	find(sighting: Sighting): RouteMatch<Spoken> {
		const { method } = sighting
		if (this.mountOf(sighting.path) !== undefined) return this.mounted.find(method, sighting.path)
		let refused: RouteMatch<Spoken> = { type: 'none' }
		for (const table of this.order(sighting).tables) {
			const match = table.find(method, sighting.path)
			if (match.type === 'found') return match
			if (match.type === 'other-methods' && refused.type === 'none') refused = match
		}
		return refused
	}

	/** What would answer where nothing else does, were its dialect meant: the caller's key may say so. */
	findExpressly({ method, path }: Sighting): RouteMatch<Spoken> {
		for (const { table } of this.tongues) {
			const match = table.find(method, path)
			if (match.type === 'found' && match.target.route.expressly === true) return match
		}
		return { type: 'none' }
	}

	/** Whose errors are understood where nothing answers: whoever is alone below the path's first segment, or else whoever is preferred. */
	dialectFor(sighting: Sighting): Dialect {
		const mounted = this.mountOf(sighting.path)
		if (mounted !== undefined) return mounted
		const [only, ...others] = this.tongues.filter(({ beginnings }) => beginnings.has(beginningOf(sighting.path)))
		if (only !== undefined && others.length === 0) return only.dialect
		return this.order(sighting).likeliest
	}

	/** Most requests give no sign: their order is made once. */
	private order(sighting: Sighting): Order {
		const usual = sighting.path.startsWith('/v1/') ? this.v1 : this.root
		return this.tongues.some((tongue) => this.isMeant(tongue, sighting)) ? this.orderFor(usual, sighting) : usual.order
	}

	private isMeant({ dialect }: Tongue, { preferred, headers }: Sighting): boolean {
		return dialect.name === preferred || dialect.recognises?.(headers) === true
	}

	/** A key may have been made for a dialect that this version does not know. */
	private orderFor(usual: Default, { headers, preferred }: Sighting): Order {
		const [likeliest = usual.tongue, ...others] = [
			...this.tongues.filter(({ dialect }) => dialect.name === preferred),
			...this.tongues.filter(({ dialect }) => dialect.recognises?.(headers) === true),
			usual.tongue,
		]
		return this.arrange([likeliest, ...others])
	}

	/** Those that are meant, the likeliest first, and behind them all others with what they answer anyone. */
	private arrange(meant: readonly [Tongue, ...Tongue[]]): Order {
		const first = new Set(meant)
		const others = this.tongues.filter((tongue) => !first.has(tongue))
		return {
			likeliest: meant[0].dialect,
			tables: [...[...first].map(({ table }) => table), ...others.map(({ offered }) => offered)],
		}
	}

	private mountOf(path: string): Dialect | undefined {
		return this.mounts.get(beginningOf(path))
	}

	/** @throws Error where there is none. */
	named(name: string): Dialect {
		return this.tongue(name).dialect
	}

	private tongue(name: string): Tongue {
		const tongue = this.tongues.find(({ dialect }) => dialect.name === name)
		if (tongue === undefined) throw new Error(`there is no dialect '${name}'`)
		return tongue
	}
}

function sharedTable(dialect: Dialect, which?: (route: Route) => boolean): RouteTable<Spoken> {
	const table = new RouteTable<Spoken>()
	claim(dialect, table, '', which)
	return table
}

function claim(
	dialect: Dialect,
	table: RouteTable<Spoken>,
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
