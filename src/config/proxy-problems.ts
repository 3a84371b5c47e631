// Checks the proxies of upstreams, from the file and from the environment, before any is opened.

import { proxyConflict } from '../engines/upstream/proxy-choice.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { Environment } from './environment.ts'
import type { ConfigFile } from './schema.ts'

export function findProxyProblems({ upstreams }: ConfigFile, environment: Environment): readonly ConfigProblem[] {
	return Object.entries(upstreams).flatMap(([name, upstream]) => {
		const conflict = proxyConflict(upstream, environment)
		return conflict === undefined ? [] : [{ path: ['upstreams', name, conflict.field], message: conflict.message }]
	})
}
