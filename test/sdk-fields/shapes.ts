// The SDKs' types as plain data, read through the API of the TypeScript compiler. It knows no wire and no field.

import { join } from 'node:path'
import { API, type Checker, SymbolFlags, type Type, TypeFlags } from 'typescript/unstable/async'

/** A type without names: what a JSON value may be. */
export type Shape =
	| { readonly kind: 'text' | 'number' | 'boolean' | 'null' | 'anything' }
	| { readonly kind: 'literal'; readonly value: string | number | boolean }
	| { readonly kind: 'list'; readonly item: ShapeId }
	| { readonly kind: 'record'; readonly value: ShapeId }
	| { readonly kind: 'union'; readonly members: readonly ShapeId[] }
	| { readonly kind: 'object'; readonly fields: readonly ShapeField[] }

export interface ShapeField {
	readonly name: string
	readonly optional: boolean
	readonly shape: ShapeId
}

/** Types refer to each other and to themselves, so that shapes refer to shapes by number. */
export type ShapeId = number

export interface ShapeGraph {
	/** By the names of the exported types. */
	readonly roots: ReadonlyMap<string, ShapeId>
	readonly shapes: ReadonlyMap<ShapeId, Shape>
}

/** Reads all types that `sdk-types.ts` exports. */
export async function readShapes(): Promise<ShapeGraph> {
	const api = new API({ cwd: import.meta.dir })
	try {
		const snapshot = await api.updateSnapshot({ openProject: join(import.meta.dir, 'tsconfig.json') })
		const [project] = snapshot.getProjects()
		if (project === undefined) throw new Error('the compiler opened no project')
		const source = await project.program.getSourceFile(join(import.meta.dir, 'sdk-types.ts'))
		const module = source === undefined ? undefined : await project.checker.getSymbolAtLocation(source)
		if (module === undefined) throw new Error('the compiler found no types')
		const reader = new ShapeReader(project.checker)
		const roots = new Map<string, ShapeId>()
		for (const symbol of await project.checker.getExportsOfModule(module))
			roots.set(symbol.name, await reader.read(await project.checker.getDeclaredTypeOfSymbol(symbol)))
		return { roots, shapes: reader.shapes }
	} finally {
		await api.close()
	}
}

class ShapeReader {
	readonly shapes = new Map<ShapeId, Shape>()
	private readonly checker: Checker

	constructor(checker: Checker) {
		this.checker = checker
	}

	async read(type: Type): Promise<ShapeId> {
		if (this.shapes.has(type.id)) return type.id
		// A type that refers to itself finds this entry instead of starting again.
		this.shapes.set(type.id, { kind: 'anything' })
		this.shapes.set(type.id, await this.shapeOf(type))
		return type.id
	}

	private async shapeOf(type: Type): Promise<Shape> {
		if (type.isErrorType()) throw new Error('a type of an SDK could not be resolved')
		if (type.isLiteralType() && typeof type.value !== 'bigint') return { kind: 'literal', value: type.value }
		if (type.isUnionType()) return this.union(await type.getTypes())
		if (type.isIntersectionType()) return this.intersection(type)
		if (type.isObjectType()) return this.object(type)
		if ((type.flags & TypeFlags.StringLike) !== 0) return { kind: 'text' }
		if ((type.flags & TypeFlags.NumberLike) !== 0) return { kind: 'number' }
		if ((type.flags & TypeFlags.BooleanLike) !== 0) return { kind: 'boolean' }
		if ((type.flags & (TypeFlags.Null | TypeFlags.VoidLike)) !== 0) return { kind: 'null' }
		if ((type.flags & (TypeFlags.AnyOrUnknown | TypeFlags.NonPrimitive)) !== 0) return { kind: 'anything' }
		throw new Error(`a type of an unknown kind: ${await this.checker.typeToString(type)}`)
	}

	private async union(types: readonly Type[]): Promise<Shape> {
		const members: ShapeId[] = []
		for (const type of types) if ((type.flags & TypeFlags.VoidLike) === 0) members.push(await this.read(type))
		return { kind: 'union', members }
	}

	/** `string & {}` is how SDKs allow any text beside some literals. */
	private async intersection(type: Type): Promise<Shape> {
		if ((await this.checker.typeToString(type)).startsWith('string &')) return { kind: 'text' }
		return { kind: 'object', fields: await this.fields(type) }
	}

	private async object(type: Type): Promise<Shape> {
		if (await this.checker.isArrayLikeType(type)) {
			const item = type.isTypeReference() ? (await this.checker.getTypeArguments(type))[0] : undefined
			if (item === undefined) throw new Error('a list without an item type')
			return { kind: 'list', item: await this.read(item) }
		}
		const fields = await this.fields(type)
		const [index] = await this.checker.getIndexInfosOfType(type)
		if (fields.length === 0) {
			if (index === undefined) return { kind: 'anything' }
			return { kind: 'record', value: await this.read(index.valueType) }
		}
		return { kind: 'object', fields }
	}

	private async fields(type: Type): Promise<readonly ShapeField[]> {
		const fields: ShapeField[] = []
		for (const property of await this.checker.getPropertiesOfType(type)) {
			const optional = (property.flags & SymbolFlags.Optional) !== 0
			const own = await this.checker.getTypeOfSymbol(property)
			if (own === undefined) throw new Error(`no type of ${property.name}`)
			fields.push({ name: property.name, optional, shape: await this.read(own) })
		}
		return fields
	}
}
