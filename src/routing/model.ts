// A public model name and its properties, from the configuration. Engines do not depend on it.

import { ChatError } from '../chat/error.ts'
import type { Tokenizer } from '../tokens/tokenizer.ts'

/** The model types of OpenGateLLM, by which its clients select models. */
export const modelTypes = [
	'text-generation',
	'image-text-to-text',
	'text-embeddings-inference',
	'automatic-speech-recognition',
	'text-classification',
] as const

export type ModelType = (typeof modelTypes)[number]

/** What a model can do besides text: read images, call tools, reason before it answers. */
export const modelCapabilities = ['images', 'tools', 'reasoning'] as const

export type ModelCapability = (typeof modelCapabilities)[number]

export interface Model {
	/** A name, or the pattern of a family of models: a prefix and `*`. */
	readonly name: string
	/** The name in the request, for a model of a family. */
	readonly requested?: string | undefined
	/** The part of the requested name that a `*` matches. Undefined if the request has an exact name. */
	readonly matched?: string | undefined
	readonly type: ModelType
	readonly aliases: readonly string[]
	/** As configured, or as its upstream lists them; none if absent. */
	readonly capabilities?: readonly ModelCapability[] | undefined
	/** Whether the server reports that it is not ready while this model is unavailable. */
	readonly required: boolean
	readonly ownedBy: string
	/** Maximum length of prompt and completion together, in tokens, if the configuration or the engine specifies it. */
	readonly contextTokens?: number
	/** Counts tokens if the upstream does not report usage. */
	readonly tokenizer: Tokenizer
	/** The upstream's name for a discovered model. */
	readonly upstreamName?: string | undefined
	/** Names of its upstreams, in the order of the configuration. */
	readonly route: readonly string[]
	/** Price of its tokens, if configured. */
	readonly price?: Price
}

/** Per million tokens. */
export interface Price {
	readonly input: number
	readonly output: number
	/** Price of cached prompt tokens; `input` if absent. */
	readonly cachedInput?: number
	/** ISO 4217. */
	readonly currency: string
}

/** The name of a model in requests and responses. `name` is for settings, usage and limits: it is one of a fixed set. */
export function publicNameOf({ name, requested }: Model): string {
	return requested ?? name
}

/** What the model can do, in the order of `modelCapabilities`. Its type may imply more than is configured. */
export function capabilitiesOf({ type, capabilities = [] }: Model): readonly ModelCapability[] {
	const readsImages = type === 'image-text-to-text'
	return modelCapabilities.filter((one) => capabilities.includes(one) || (one === 'images' && readsImages))
}

/** Whether a name or alias in the configuration is a pattern. */
export function isModelPattern(name: string): boolean {
	return name.endsWith('*')
}

/** Why a name or alias cannot be a pattern; undefined if it can, or is none. */
export function modelPatternProblem(name: string): string | undefined {
	const star = name.indexOf('*')
	return star === -1 || star === name.length - 1
		? undefined
		: 'a `*` is permitted at the end only: it matches the rest of a name'
}

/** The name of a model at an upstream: `{name}` is the public name, `{rest}` the part that a `*` matches. */
export function upstreamNameOf(template: string | undefined, model: Model): string {
	if (model.upstreamName !== undefined) return model.upstreamName
	const name = publicNameOf(model)
	return (
		template?.replace(/\{(name|rest)\}/g, (_, field) => (field === 'rest' ? (model.matched ?? name) : name)) ?? name
	)
}

/**
 * Names that a pattern may match. Some engines write them into the path of a URL, so they must not contain what changes
 * the meaning of a path.
 */
const requestable = /^(?!.*(?:\.\.|\/\/))[\w@~][\w.:/@+~-]{0,199}$/

/** The models of a deployment, by name, alias and pattern. */
export class ModelTable {
	private readonly byName = new Map<string, Model>()
	/** Longest prefix first. */
	private readonly patterns: readonly (readonly [prefix: string, model: Model])[]
	readonly all: readonly Model[]
	/** Models with a name of their own: all but families. */
	readonly listed: readonly Model[]

	/**
	 * @param discovered models that upstreams list. Configured names, aliases and patterns take precedence, except `*`.
	 * @throws Error if two configured models share a name or alias.
	 */
	constructor(models: readonly Model[], discovered: readonly Model[] = []) {
		for (const model of models) {
			for (const name of [model.name, ...model.aliases]) {
				if (this.byName.has(name)) throw new Error(`two models have the name or alias '${name}'`)
				this.byName.set(name, model)
			}
		}
		this.patterns = [...this.byName]
			.filter(([name]) => isModelPattern(name))
			.map(([name, model]) => [name.slice(0, -1), model] as const)
			.toSorted(([one], [other]) => other.length - one.length)
		for (const [prefix] of this.patterns) this.byName.delete(`${prefix}*`)
		const named = models.filter(({ name }) => !isModelPattern(name))
		const [added, ofFamilies] = this.addDiscovered(discovered)
		this.all = [...models, ...added]
		this.listed = [...named, ...ofFamilies, ...added]
	}

	/** @returns the models that were added, and those that a configured family serves. */
	private addDiscovered(
		discovered: readonly Model[],
	): readonly [added: readonly Model[], ofFamilies: readonly Model[]] {
		const added: Model[] = []
		const ofFamilies: Model[] = []
		for (const model of discovered) {
			const { name } = model
			if (this.byName.has(name) || !requestable.test(name)) continue
			const [, owner] = this.patterns.find(([prefix]) => prefix !== '' && name.startsWith(prefix)) ?? []
			if (owner === undefined) {
				this.byName.set(name, model)
				added.push(model)
			} else if (isModelPattern(owner.name) && model.route.some((upstream) => owner.route.includes(upstream)))
				ofFamilies.push(this.find(name))
		}
		return [added, ofFamilies]
	}

	/**
	 * An exact name or alias takes precedence over patterns, and a longer pattern over a shorter one.
	 *
	 * @throws ChatError `model-not-found`.
	 */
	find(name: string): Model {
		const exact = this.byName.get(name)
		if (exact !== undefined) return isModelPattern(exact.name) ? { ...exact, requested: name } : exact
		const [prefix = '', model] = requestable.test(name)
			? (this.patterns.find(([start]) => name.startsWith(start)) ?? [])
			: []
		if (model !== undefined)
			return {
				...model,
				requested: isModelPattern(model.name) ? name : undefined,
				matched: name.slice(prefix.length),
			}
		const shown = name.length <= 200 ? name : `${name.slice(0, 200)}…`
		throw new ChatError('model-not-found', `The model \`${shown}\` does not exist or you do not have access to it.`)
	}
}
