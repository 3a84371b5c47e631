// Translates a configuration of LiteLLM's proxy into one of this program, and lists what it cannot translate. It reads
// and writes no file. SourceFields: https://docs.litellm.ai/docs/proxy/config_settings

import { isObject } from '../chat/json.ts'
import { otherToolValue } from '../config/other-tools.ts'
import { minAdminKeyLength } from '../config/schema.ts'
import { isModelPattern, modelPatternProblem } from '../routing/model.ts'
import { policyNames } from '../routing/options.ts'
import { findProvider, type LiteLlmProvider, splitModel, unnamedProvider } from './litellm-provider.ts'

type SourceFields = Readonly<Record<string, unknown>>

export interface Translation {
	readonly config: Readonly<Record<string, unknown>>
	/** What is missing or needs attention, one line each, with the place in the source. */
	readonly notes: readonly string[]
}

/** @param source the parsed file. */
export function translateLiteLlm(source: SourceFields): Translation {
	return new Translator(source).translate()
}

class Translator {
	private readonly source: SourceFields
	private readonly notes: string[] = []
	private readonly models: Record<string, Record<string, unknown>> = {}
	private readonly routes = new Map<string, { upstream: string; weight: number | undefined }[]>()
	private readonly upstreams: Record<string, unknown> = {}

	constructor(source: SourceFields) {
		this.source = source
	}

	translate(): Translation {
		const { model_list: list, router_settings, litellm_settings, general_settings, ...others } = this.source
		const router = record(router_settings)
		const library = record(litellm_settings)
		for (const [index, entry] of (Array.isArray(list) ? list : []).entries())
			this.addModel(record(entry), `model_list[${index}]`)
		this.addRoutes(router)
		this.addFallbacks([router.fallbacks, library.fallbacks], router)
		this.addAliases(record(router.model_group_alias))
		this.addRetries(router.num_retries ?? library.num_retries)
		this.noteRest('router_settings', router, ['routing_strategy', 'fallbacks', 'model_group_alias', 'num_retries'])
		this.noteRest('litellm_settings', library, ['fallbacks', 'num_retries', 'drop_params'])
		const general = record(general_settings)
		this.noteRest('general_settings', general, ['master_key'])
		for (const name of Object.keys(others)) this.notes.push(`${name}: not imported`)
		const adminKey = this.readAdminKey(general.master_key, 'general_settings.master_key')
		return {
			config: defined({ adminKey, models: this.models, upstreams: this.upstreams }),
			notes: this.notes,
		}
	}

	private addModel(entry: SourceFields, path: string): void {
		const name = entry.model_name
		const given = record(entry.litellm_params)
		if (typeof name !== 'string' || typeof given.model !== 'string') {
			this.notes.push(`${path}: not imported: it needs model_name and litellm_params.model`)
			return
		}
		const fault = patternFault(name, given.model)
		if (fault !== undefined) {
			this.notes.push(`${path}: not imported: ${fault}`)
			return
		}
		const { provider, model: pattern } = splitModel(given.model, given.custom_llm_provider)
		const model = pattern.replace('*', '{rest}')
		const known = findProvider(provider)
		const upstream =
			known === undefined ? this.throughAiSdk(provider, model, given, path) : this.upstream(known, model, given, path)
		if (upstream === undefined) return
		const upstreamName = this.freeName(upstreamNameFor(provider, pattern))
		this.upstreams[upstreamName] = upstream
		const members = this.routes.get(name) ?? []
		this.routes.set(name, [...members, { upstream: upstreamName, weight: numberOf(given.weight) }])
		this.models[name] = { ...this.modelFields(record(entry.model_info), given, path), ...this.models[name] }
	}

	private upstream(
		provider: LiteLlmProvider,
		model: string,
		given: SourceFields,
		path: string,
	): SourceFields | undefined {
		const base = this.readUrl(given.api_base ?? given.base_url, provider.suffix)
		const url = base ?? provider.url
		if (url === undefined && provider.engine === 'openai-compatible') {
			this.notes.push(`${path}: not imported: it has no api_base`)
			return undefined
		}
		const key =
			this.readKey(given.api_key, `${path}.litellm_params.api_key`) ??
			(provider.keyVariable !== undefined && base === undefined ? variable(provider.keyVariable) : undefined)
		const headers = { ...record(given.extra_headers), ...organization(given.organization) }
		const seconds = numberOf(given.timeout)
		const limit = numberOf(given.max_parallel_requests)
		this.noteRest(`${path}.litellm_params`, given, translatedParams)
		return defined({
			engine: provider.engine,
			url,
			model,
			key,
			preset: provider.preset,
			headers: Object.keys(headers).length > 0 ? headers : undefined,
			body: Object.keys(record(given.extra_body)).length > 0 ? given.extra_body : undefined,
			timeouts: seconds === undefined ? undefined : { totalMs: Math.round(seconds * 1000) },
			concurrency: limit === undefined ? undefined : { limit },
		})
	}

	/** Providers that only packages of the AI SDK support. */
	private throughAiSdk(provider: string, model: string, given: SourceFields, path: string): SourceFields | undefined {
		if (provider === 'bedrock') {
			this.notes.push(`${path}: install the package with: npm install @ai-sdk/amazon-bedrock`)
			return {
				engine: 'ai-sdk',
				package: '@ai-sdk/amazon-bedrock',
				model,
				options: defined({ region: given.aws_region_name }),
			}
		}
		if (provider === 'cohere' || provider === 'cohere_chat') {
			this.notes.push(`${path}: install the package with: npm install @ai-sdk/cohere`)
			const apiKey = this.readKey(given.api_key, `${path}.litellm_params.api_key`) ?? variable('COHERE_API_KEY')
			return { engine: 'ai-sdk', package: '@ai-sdk/cohere', model, options: { apiKey } }
		}
		this.notes.push(
			`${path}: not imported: ${provider === unnamedProvider ? `the model "${String(given.model)}" names no provider` : `the provider "${provider}" is not known`}`,
		)
		return undefined
	}

	private modelFields(info: SourceFields, given: SourceFields, path: string): Record<string, unknown> {
		const input = numberOf(info.input_cost_per_token ?? given.input_cost_per_token)
		const output = numberOf(info.output_cost_per_token ?? given.output_cost_per_token)
		const mode = typeof info.mode === 'string' ? info.mode : 'chat'
		const type = otherToolValue('type', mode)
		if (type === undefined) this.notes.push(`${path}.model_info.mode: "${mode}" is not a type of model here`)
		return defined({
			type: type === 'text-generation' ? undefined : type,
			contextTokens: numberOf(info.max_input_tokens),
			price:
				input === undefined || output === undefined
					? undefined
					: { input: perMillion(input), output: perMillion(output), currency: 'USD' },
		})
	}

	private addRoutes(router: SourceFields): void {
		const strategy = typeof router.routing_strategy === 'string' ? router.routing_strategy : 'simple-shuffle'
		const policy = policyNames.find((one) => one === strategy) ?? otherToolValue('policy', strategy)
		if (policy === undefined)
			this.notes.push(`router_settings.routing_strategy: "${strategy}" is not known; the policy is in-order`)
		for (const [name, members] of this.routes) {
			const route = members.map(({ upstream, weight }) => (weight === undefined ? upstream : { upstream, weight }))
			this.models[name] = defined({ ...this.models[name], route, policy: members.length > 1 ? policy : undefined })
		}
	}

	/** The upstreams of the fallbacks follow in the route, which an in-order policy reads as fallbacks. */
	private addFallbacks(lists: readonly unknown[], router: SourceFields): void {
		const entries = lists
			.flatMap((list) => (Array.isArray(list) ? list : []))
			.flatMap((one) => Object.entries(record(one)))
		for (const [name, targets] of entries) {
			const model = this.models[name]
			const members = this.routes.get(name) ?? []
			const further = (Array.isArray(targets) ? targets : []).flatMap((target) => this.routes.get(String(target)) ?? [])
			if (model === undefined || further.length === 0)
				this.notes.push(`fallbacks: "${name}" or its fallback was not imported`)
			else if (members.length > 1)
				this.notes.push(
					`fallbacks: "${name}" has several upstreams with the policy ${String(model.policy ?? router.routing_strategy)}; add its fallbacks to its route`,
				)
			else this.models[name] = { ...model, route: [...members, ...further].map(({ upstream }) => upstream) }
		}
	}

	private addAliases(aliases: SourceFields): void {
		for (const [alias, target] of Object.entries(aliases)) {
			const name = typeof target === 'string' ? target : String(record(target).model)
			const model = this.models[name]
			if (model === undefined) this.notes.push(`router_settings.model_group_alias: "${name}" was not imported`)
			else this.models[name] = { ...model, aliases: [...(Array.isArray(model.aliases) ? model.aliases : []), alias] }
		}
	}

	private addRetries(retries: unknown): void {
		const attempts = numberOf(retries)
		if (attempts === undefined) return
		for (const [name, model] of Object.entries(this.models))
			this.models[name] = { ...model, retry: { attempts: attempts + 1 } }
	}

	/** `os.environ/NAME` is LiteLLM's form of a variable. */
	private readKey(value: unknown, path: string): string | undefined {
		if (typeof value !== 'string' || value === '') return undefined
		const [, name] = /^os\.environ\/(\w+)$/.exec(value) ?? []
		if (name !== undefined) return variable(name)
		this.notes.push(`${path}: the key is in the file; move it to a variable`)
		return value
	}

	/** Left out if the configuration would refuse it. */
	private readAdminKey(value: unknown, path: string): string | undefined {
		if (typeof value !== 'string' || value === '' || value.length >= minAdminKeyLength) return this.readKey(value, path)
		this.notes.push(
			`${path}: not imported: it has ${value.length} characters, and \`adminKey\` needs ${minAdminKeyLength}: generate one with \`openssl rand -hex 32\``,
		)
		return undefined
	}

	private readUrl(value: unknown, suffix = ''): string | undefined {
		if (typeof value !== 'string' || value === '') return undefined
		const [, name] = /^os\.environ\/(\w+)$/.exec(value) ?? []
		const url = (name === undefined ? value : variable(name)).replace(/\/+$/, '')
		return url.endsWith(suffix) ? url : `${url}${suffix}`
	}

	private freeName(wanted: string): string {
		let name = wanted
		for (let count = 2; Object.hasOwn(this.upstreams, name); count++) name = `${wanted}-${count}`
		return name
	}

	private noteRest(path: string, fields: SourceFields, known: readonly string[]): void {
		for (const name of Object.keys(fields)) if (!known.includes(name)) this.notes.push(`${path}.${name}: not imported`)
	}
}

const translatedParams: readonly string[] = [
	'model',
	'custom_llm_provider',
	'api_base',
	'base_url',
	'api_key',
	'extra_headers',
	'extra_body',
	'organization',
	'timeout',
	'max_parallel_requests',
	'weight',
	'input_cost_per_token',
	'output_cost_per_token',
	'drop_params',
]

/** Why a name with `*`, or a model with it, has no equivalent; undefined if it has one. */
function patternFault(name: string, model: string): string | undefined {
	const problem = modelPatternProblem(name)
	if (problem !== undefined) return `"${name}": ${problem}`
	if (!model.includes('*')) return undefined
	if (!isModelPattern(name)) return `the model "${model}" is a pattern, and the name "${name}" is not`
	return model.indexOf('*') === model.lastIndexOf('*') ? undefined : `"${model}" has several \`*\``
}

function upstreamNameFor(provider: string, pattern: string): string {
	return `${provider}-${pattern}`
		.toLowerCase()
		.replace(/[^a-z0-9.]+/g, '-')
		.replace(/-$/, '')
}

function organization(value: unknown): Record<string, string> {
	return typeof value === 'string' ? { 'openai-organization': value } : {}
}

/** Without the error of binary fractions. */
function perMillion(costPerToken: number): number {
	return Number((costPerToken * 1_000_000).toPrecision(12))
}

function variable(name: string): string {
	return `\${${name}}`
}

function record(value: unknown): SourceFields {
	return isObject(value) ? value : {}
}

function numberOf(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function defined(fields: SourceFields): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
