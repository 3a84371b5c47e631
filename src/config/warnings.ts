// Finds valid settings of a configuration that are probably mistakes.

import { isModelPattern } from '../routing/model.ts'
import { nearest } from '../system/nearest.ts'
import { warnOfAdminKey } from './admin-key.ts'
import { type ConfigProblem, shown } from './config-problem.ts'
import { type Environment, knownVariables } from './environment.ts'
import { routedUpstreams } from './references.ts'
import type { ConfigFile } from './schema.ts'

export function findWarnings(config: ConfigFile): readonly ConfigProblem[] {
	return [
		...unusedUpstreams(config),
		...doubtfulUrls(config),
		...unknownRecommendations(config),
		...warnOfAdminKey(config),
	]
}

function unusedUpstreams({ models, upstreams }: ConfigFile): readonly ConfigProblem[] {
	const used = new Set(Object.values(models).flatMap(routedUpstreams))
	return Object.keys(upstreams)
		.filter((name) => !used.has(name) && upstreams[name]?.models === undefined)
		.map((name) => ({
			path: ['upstreams', name],
			message: 'no model uses this upstream: name it in `route` of a model, or remove it',
		}))
}

/** Discovered models, and those of a family, have names that the file does not contain. */
function unknownRecommendations({ models, upstreams, page }: ConfigFile): readonly ConfigProblem[] {
	const names = Object.entries(models).flatMap(([name, { aliases }]) => [name, ...aliases])
	const isComplete =
		!names.some(isModelPattern) && Object.values(upstreams).every(({ models: discovered }) => discovered === undefined)
	if (!isComplete) return []
	return page.recommended.flatMap((name, index) => {
		if (names.includes(name)) return []
		const meant = nearest(name, names)
		const hint = meant === undefined ? '' : ` (did you mean ${shown(meant)}?)`
		return [{ path: ['page', 'recommended', index], message: `no model ${shown(name)}${hint}` }]
	})
}

function doubtfulUrls({ upstreams }: ConfigFile): readonly ConfigProblem[] {
	return Object.entries(upstreams).flatMap(([name, upstream]) => {
		const url: unknown = Reflect.get(upstream, 'url')
		const message = typeof url === 'string' && URL.canParse(url) ? warningFor(new URL(url)) : undefined
		return message === undefined ? [] : [{ path: ['upstreams', name, 'url'], message }]
	})
}

const operation = /\/(chat\/completions|completions|responses|messages|embeddings|models(\/[^/]+:\w+)?)$/
/** For example `/v1`, `/v1beta/openai` or `/api/paas/v4`. A deployment of Azure has its version in the query. */
const version = /\/v\d+[a-z0-9]*(\/|$)|\/openai\/deployments\//

function warningFor({ pathname }: URL): string | undefined {
	const path = pathname.replace(/\/+$/, '')
	const [end] = operation.exec(path) ?? []
	if (end !== undefined) return `the URL ends in ${end}, which is appended for each request: remove that part`
	return version.test(path) ? undefined : 'the URL does not end in a version, such as /v1: most servers need it'
}

/** Kubernetes sets these for every service in the namespace; a service named `dragoman` is likely. */
const ofKubernetes = /^DRAGOMAN_(SERVICE_|PORT(_|$))/
/** Set by our own tests and launchers. */
const ofOurOwn = /^DRAGOMAN_(TEST_|LAUNCHERS$)/

/** A warning for each unknown variable whose name begins with `DRAGOMAN_`. */
export function unknownVariables(environment: Environment): readonly string[] {
	return Object.keys(environment)
		.filter((name) => name.startsWith('DRAGOMAN_') && !knownVariables.includes(name))
		.filter((name) => !ofKubernetes.test(name) && !ofOurOwn.test(name))
		.map((name) => {
			const meant = nearest(name, knownVariables)
			return `unknown environment variable ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
		})
}
