// One case for each field of a type, at any depth: a value of the type that differs in that field from another valid
// value. Unions are enumerated by their members, lists by one item, records by one entry. A type within itself is not
// enumerated again.

import { hasForm, jsonFor, keyFor, markOf, numberFor, plainText, textFor } from './samples.ts'
import type { Shape, ShapeField, ShapeGraph, ShapeId } from './shapes.ts'

export type JsonFields = Readonly<Record<string, unknown>>

export interface FieldCase {
	/** Such as `messages[user].content[text].prompt_cache_breakpoint.mode`. Members of unions are in brackets. */
	readonly path: string
	/** Paths of the fields within the value begin with it, if not with `path`. */
	readonly container?: string | undefined
	/** The names of the path, without members. */
	readonly names: readonly string[]
	/** The value under test, for messages. */
	readonly value: unknown
	/** The text that the value consists of or contains, if it has one. */
	readonly text: string
	/** `text`, if the value is a text. It then has to arrive; an object may arrive in another form. */
	readonly mark?: string | undefined
	/** The value is one of several, of which one may mean the same as none. */
	readonly mayBeDefault?: boolean | undefined
	readonly body: JsonFields
	/** The same without the field, or with another value if the field is required. */
	readonly baseline: JsonFields
}

export class FieldCases {
	private readonly found: FieldCase[] = []
	private readonly graph: ShapeGraph

	constructor(graph: ShapeGraph) {
		this.graph = graph
	}

	/** All cases of an exported type, in the order of its fields. */
	of(root: string): readonly FieldCase[] {
		this.found.length = 0
		const id = this.graph.roots.get(root)
		if (id === undefined) throw new Error(`no type ${root}`)
		for (const member of this.membersOf(id)) {
			const label = this.labelOf(member)
			this.walk(member, label === '' ? '' : `[${label}]`, [], (value) => value as JsonFields, [])
		}
		return [...this.found]
	}

	/** The least valid value of a member of an exported union. */
	member(root: string, label: string): JsonFields {
		const id = this.graph.roots.get(root)
		const found = id === undefined ? undefined : this.membersOf(id).find((member) => this.labelOf(member) === label)
		if (found === undefined) throw new Error(`no ${label} in ${root}`)
		return this.plain(found, '') as JsonFields
	}

	/** The least valid item of a list of an exported type, by its discriminator. */
	memberOf(root: string, list: string, label: string): JsonFields | undefined {
		const rootId = this.graph.roots.get(root)
		const shape = rootId === undefined ? undefined : this.shape(rootId)
		const field = shape?.kind === 'object' ? shape.fields.find(({ name }) => name === list) : undefined
		if (field === undefined) throw new Error(`no list ${root}.${list}`)
		const items = this.membersOf(field.shape).flatMap((id) => {
			const own = this.shape(id)
			return own.kind === 'list' ? this.membersOf(own.item) : []
		})
		const found = items.find((id) => this.labelOf(id) === label)
		return found === undefined ? undefined : (this.plain(found, '') as JsonFields)
	}

	/** The least valid value. */
	plain(id: ShapeId, name: string, depth = 0, text = plainText): unknown {
		if (depth > 12) return text
		const shape = this.shape(id)
		switch (shape.kind) {
			case 'text':
				return textFor(name, text)
			case 'number':
				return numberFor(name)
			case 'boolean':
				return true
			case 'null':
				return null
			case 'anything':
				return jsonFor(name, text)
			case 'literal':
				return shape.value
			case 'list':
				return [this.plain(shape.item, name, depth + 1, text)]
			case 'record':
				if (hasForm(name)) return jsonFor(name, text)
				return { [keyFor(name, text)]: this.plain(shape.value, '', depth + 1, text) }
			case 'object':
				return Object.fromEntries(
					shape.fields
						.filter(({ optional }) => !optional)
						.map((field) => [field.name, this.plain(field.shape, field.name, depth + 1, text)]),
				)
			case 'union': {
				const members = this.membersOf(id)
				const best = kinds.map((kind) => members.find((member) => this.shape(member).kind === kind))
				const usual = members.find((member) => usualMembers.has(this.nameOf(member)))
				const chosen = usual ?? best.find((member) => member !== undefined)
				if (chosen === undefined) throw new Error(`an empty union at ${name}`)
				return this.plain(chosen, name, depth + 1, text)
			}
			default:
				return shape satisfies never
		}
	}

	private walk(
		id: ShapeId,
		path: string,
		names: readonly string[],
		wrap: (value: unknown) => JsonFields,
		within: readonly ShapeId[],
	): void {
		const shape = this.shape(id)
		if (shape.kind !== 'object' || within.includes(id)) return
		const base = this.plain(id, '') as JsonFields
		const discriminator = this.discriminatorOf(id)
		for (const field of shape.fields) {
			if (field.name === discriminator) continue
			this.field(field, base, path, names, wrap, [...within, id])
		}
	}

	private field(
		field: ShapeField,
		base: JsonFields,
		path: string,
		names: readonly string[],
		wrap: (value: unknown) => JsonFields,
		within: readonly ShapeId[],
	): void {
		const own = path === '' ? field.name : `${path}.${field.name}`
		const allNames = [...names, field.name]
		const put = (value: unknown) => wrap({ ...base, [field.name]: value })
		this.values(field.shape, field.name, own, allNames, put, wrap(base), within)
	}

	/** Cases for each value that a shape allows at one path. */
	private values(
		id: ShapeId,
		name: string,
		path: string,
		names: readonly string[],
		put: (value: unknown) => JsonFields,
		baseline: JsonFields,
		within: readonly ShapeId[],
	): void {
		const members = this.membersOf(id)
		const allowsText = members.some((member) => this.shape(member).kind === 'text')
		const closed = members.flatMap((member) => this.closedValues(member, allowsText))
		const mayBeDefault = members.filter((member) => this.shape(member).kind !== 'null').length > 1
		for (const value of closed)
			if (name !== 'type' || closed.length > 1)
				this.add({ path, names, value, mayBeDefault, body: put(value), baseline })
		for (const member of members) {
			const shape = this.shape(member)
			switch (shape.kind) {
				case 'literal':
				case 'boolean':
				case 'null':
					break
				case 'text': {
					const mark = this.nextMark()
					const value = textFor(name, mark)
					this.add({ path, names, value, mark, body: put(value), baseline })
					break
				}
				case 'number': {
					const usual = numberFor(name)
					// A required number has its usual value without the case.
					const value = isSame(put(usual), baseline) ? usual + 1 : usual
					this.add({ path, names, value, body: put(value), baseline })
					break
				}
				case 'anything': {
					const mark = this.nextMark()
					const value = jsonFor(name, mark)
					this.add({ path, names, value, mark, body: put(value), baseline })
					break
				}
				case 'list':
					this.values(shape.item, name, `${path}[]`, names, (value) => put([value]), baseline, within)
					break
				case 'record': {
					if (hasForm(name)) {
						const mark = this.nextMark()
						const value = jsonFor(name, mark)
						this.add({ path, names, value, mark, body: put(value), baseline })
						break
					}
					const key = keyFor(name, this.nextMark())
					this.values(shape.value, '', `${path}{}`, names, (value) => put({ [key]: value }), baseline, within)
					break
				}
				case 'object': {
					const label = this.labelOf(member)
					const inner =
						label === '' ? path : path.endsWith('[]') ? `${path.slice(0, -1)}${label}]` : `${path}[${label}]`
					const text = this.nextMark()
					const value = this.plain(member, name, 0, text)
					const isOneOfSeveral = mayBeDefault && Object.keys(value as JsonFields).length === 1
					const own = isOneOfSeveral ? { path, container: inner, mayBeDefault } : { path: inner }
					this.add({ ...own, names, value, text, body: put(value), baseline })
					this.walk(member, inner, names, put, within)
					break
				}
				case 'union':
					throw new Error('unions are flattened')
				default:
					shape satisfies never
			}
		}
	}

	private add(found: Omit<FieldCase, 'text'> & { readonly text?: string }): void {
		const { text = found.mark ?? plainText } = found
		if (!isSame(found.body, found.baseline)) this.found.push({ ...found, text })
	}

	private closedValues(id: ShapeId, allowsText: boolean): readonly (string | number | boolean)[] {
		const shape = this.shape(id)
		if (shape.kind === 'boolean') return [true, false]
		if (shape.kind !== 'literal' || (allowsText && typeof shape.value === 'string')) return []
		return [shape.value]
	}

	private nextMark(): string {
		return markOf(this.marks++)
	}

	private marks = 1

	private shape(id: ShapeId): Shape {
		const shape = this.graph.shapes.get(id)
		if (shape === undefined) throw new Error(`no shape ${id}`)
		return shape
	}

	/** The members of a union, and of unions within it; any other shape is its only member. */
	private membersOf(id: ShapeId): readonly ShapeId[] {
		const shape = this.shape(id)
		return shape.kind === 'union' ? shape.members.flatMap((member) => this.membersOf(member)) : [id]
	}

	/** The name of a member of a union: the value of its discriminator. */
	private labelOf(id: ShapeId): string {
		const name = this.discriminatorOf(id)
		return name === undefined ? '' : String(this.literalOf(id, name))
	}

	/** The label of an object, or the value of a literal. */
	private nameOf(id: ShapeId): string {
		const shape = this.shape(id)
		return shape.kind === 'literal' ? String(shape.value) : this.labelOf(id)
	}

	private discriminatorOf(id: ShapeId): string | undefined {
		return ['type', 'role'].find((name) => this.literalOf(id, name) !== undefined)
	}

	/** The only value of a required field. */
	private literalOf(id: ShapeId, name: string): string | undefined {
		const shape = this.shape(id)
		if (shape.kind !== 'object') return undefined
		const field = shape.fields.find((one) => one.name === name && !one.optional)
		const own = field === undefined ? undefined : this.shape(field.shape)
		return own?.kind === 'literal' ? String(own.value) : undefined
	}
}

function isSame(one: JsonFields, other: JsonFields): boolean {
	return JSON.stringify(one) === JSON.stringify(other)
}

/** Members of unions that every engine accepts. */
const usualMembers: ReadonlySet<string> = new Set(['user', 'function', 'stop', 'end_turn'])

/** Which member of a union is the plainest. */
const kinds = ['text', 'literal', 'boolean', 'number', 'record', 'anything', 'list', 'object', 'null'] as const
