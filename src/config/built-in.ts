// Checks that a file defines models, and provides the built-in default, which is served without a file and for `models:
// embedded`.

import { isObject } from '../chat/json.ts'
import { embeddedByDefault } from '../engines/list.ts'
import { nearest } from '../system/nearest.ts'
import { type ConfigProblem, shown } from './config-problem.ts'
import { otherToolField } from './other-tools.ts'
import { record } from './record.ts'
import { type ConfigFile, embeddedWord, type UpstreamConfig } from './schema.ts'
import { kindOf } from './sentences.ts'

const modelsRemedy = `name at least one model, or write "models: ${embeddedWord}" for the built-in embedded model`

/** A file must contain a mapping and must not be empty. */
export function checkMapping(value: unknown): readonly ConfigProblem[] {
	if (value === undefined) return [{ path: [], message: `the file is empty: ${modelsRemedy}` }]
	return isObject(value)
		? []
		: [{ path: [], message: `must contain a mapping of fields, such as "models: …", not ${kindOf(value)}` }]
}

/** A file must define models: one without models is probably a mistake or incomplete. */
export function checkModels(values: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
	const { models, upstreams } = values
	if (Object.values(record(upstreams)).some((upstream) => record(upstream).models !== undefined)) return []
	const none = models === undefined || models === null || (isObject(models) && Object.keys(models).length === 0)
	return none && !Object.keys(values).some(meansModels)
		? [{ path: ['models'], message: `no models are defined: ${modelsRemedy}` }]
		: []
}

/** Whether the name is reported as an unknown field, which is more specific than a problem about missing models. */
function meansModels(name: string): boolean {
	return name !== 'models' && (nearest(name, ['models']) !== undefined || otherToolField(name)?.targets.length === 0)
}

export function explainModelsText(text: string): string {
	const meant = nearest(text, [embeddedWord]) === undefined ? '' : ` (did you mean "${embeddedWord}"?)`
	return `${shown(text)} is neither a mapping of models nor the word "${embeddedWord}"${meant}`
}

export const [builtInUpstream = ''] = Object.keys(embeddedByDefault.upstreams)

export const reservedName = `the built-in embedded model has this name: give your upstream another one`

/** The built-in default: the embedded model. */
export function withEmbeddedModel(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
	return {
		...file,
		models: embeddedByDefault.models,
		upstreams: { ...record(file.upstreams), ...embeddedByDefault.upstreams },
	}
}

/** Marks the upstream of the built-in default for the engine. */
export function markBuiltIn(config: ConfigFile): ConfigFile {
	const upstreams = Object.entries(config.upstreams).map(([name, upstream]): [string, UpstreamConfig] => [
		name,
		Object.hasOwn(embeddedByDefault.upstreams, name) ? { ...upstream, builtIn: true } : upstream,
	])
	return { ...config, upstreams: Object.fromEntries(upstreams) }
}
