// What the discovery of models reads from an upstream, and models with default settings from these lists.

import type { UpstreamConfig } from '../config/schema.ts'
import type { Engine } from '../engines/engine.ts'
import { type Model, modelTypes } from '../routing/model.ts'
import type { DiscoveryOptions } from '../routing/options.ts'
import type { UpstreamModel } from '../wire/json/model-list-reader.ts'
import type { DiscoverySource } from './model-discovery.ts'

interface DiscoveringUpstream {
	readonly name: string
	/** Undefined if its models are not discovered. */
	readonly discovery: DiscoverySource | undefined
}

/** Models with the same public name at several upstreams are one model, whose fallbacks are the later upstreams. */
export function readDiscoveredModels(
	upstreams: readonly DiscoveringUpstream[],
	discoveredBy: (upstream: string) => readonly UpstreamModel[],
): readonly Model[] {
	const models = new Map<string, Model>()
	for (const { name: upstream, discovery } of upstreams)
		for (const { id, type, contextTokens, capabilities } of discovery === undefined ? [] : discoveredBy(upstream)) {
			const name = `${discovery?.options.prefix ?? ''}${id}`
			const known = models.get(name)
			if (known?.route.includes(upstream) === true || (known !== undefined && known.upstreamName !== id)) continue
			models.set(name, {
				...defaultModel,
				name,
				type: modelTypes.find((one) => one === type) ?? known?.type ?? defaultModel.type,
				contextTokens: smaller(known?.contextTokens, contextTokens),
				capabilities:
					known === undefined ? capabilities : known.capabilities?.filter((one) => capabilities?.includes(one)),
				upstreamName: id,
				route: [...(known?.route ?? []), upstream],
			})
		}
	return [...models.values()]
}

const defaultModel = {
	type: 'text-generation',
	aliases: [],
	required: false,
	ownedBy: 'dragoman',
	tokenizer: 'o200k_base',
} satisfies Omit<Model, 'name' | 'route'>

function smaller(one: number | undefined, other: number | undefined): number | undefined {
	return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)
}

/** Reads the models of an upstream from its engine. */
export function discoverySource(
	config: UpstreamConfig,
	options: DiscoveryOptions,
	name: string,
	engine: Engine,
): DiscoverySource {
	const url = 'url' in config ? String(config.url) : ''
	return {
		name,
		options,
		server: new Bun.CryptoHasher('sha256').update(url).digest('hex'),
		list: (signal) => {
			if (engine.models === undefined) throw new Error('this service does not list its models')
			return engine.models(signal)
		},
	}
}
