// Checks of `dragoman doctor` on other systems: the database, every upstream, and the proxy variables.

import type { Environment } from '../config/environment.ts'
import type { Settings } from '../config/settings.ts'
import { readProxyEnvironment } from '../http/proxy-environment.ts'
import { NoDatabaseError } from '../stores/database-error.ts'
import { databaseName, isLocal, openStores } from '../stores/open-stores.ts'
import { hideUrlSecrets } from '../system/redaction.ts'
import type { CommandContext } from './command.ts'
import { probeUpstreams, type UpstreamFault } from './config-online.ts'
import type { Diagnosis } from './diagnosis.ts'

/** Opening it checks its schema and, for a database server, its encoding. */
export async function checkDatabase(settings: Settings): Promise<readonly Diagnosis[]> {
	const check = 'database'
	const { database } = settings
	try {
		const stores = await openStores(settings, 'expect')
		try {
			await stores.check()
		} finally {
			await stores.close()
		}
		return [{ check, status: 'ok', message: `${databaseName(database)} has the current schema` }]
	} catch (thrown) {
		if (thrown instanceof NoDatabaseError && isLocal(database))
			return [{ check, status: 'ok', message: `${databaseName(database)} does not exist yet; the server creates it` }]
		if (thrown instanceof NoDatabaseError)
			return [{ check, status: 'warning', message: thrown.message, remedy: 'Run: dragoman migrate' }]
		throw thrown
	}
}

export async function checkUpstreams(settings: Settings, context: CommandContext): Promise<readonly Diagnosis[]> {
	const reports = await probeUpstreams(settings, context)
	return reports.map(({ name, line, outcome, fault = 'connection' }): Diagnosis => {
		const check = 'upstreams'
		switch (outcome) {
			case 'reachable':
				return { check, status: 'ok', message: line }
			case 'unchecked':
				return { check, status: 'skipped', message: line }
			case 'failed':
				return { check, status: 'failed', message: line, remedy: remedyFor(fault, addressField(settings, name)) }
			default:
				return outcome satisfies never
		}
	})
}

/** The option of an upstream that has the address of its server. */
function addressField({ config }: Settings, name: string): 'socket' | 'url' {
	return Reflect.get(config.upstreams[name] ?? {}, 'socket') === undefined ? 'url' : 'socket'
}

function remedyFor(fault: UpstreamFault, field: 'socket' | 'url'): string {
	switch (fault) {
		case 'model':
			return 'Change `model` of the upstream.'
		case 'key':
			return 'Check the `key` of the upstream.'
		case 'proxy':
			return 'Check its `proxy`, or the proxy variables of the environment.'
		case 'connection':
			return `Check its \`${field}\`, and that its server is running.`
		default:
			return fault satisfies never
	}
}

/** By the rules that upstreams follow. */
export function checkProxy(environment: Environment): readonly Diagnosis[] {
	const check = 'proxy'
	const { proxies, noProxy, ignored } = readProxyEnvironment(environment)
	if (proxies.length === 0 && ignored !== undefined)
		return [
			{
				check,
				status: 'warning',
				message: `${ignored} is set, and has no effect`,
				remedy: 'Set HTTPS_PROXY and HTTP_PROXY.',
			},
		]
	if (proxies.length === 0) return [{ check, status: 'ok', message: 'no proxy variables are set' }]
	const hint = noProxy === undefined ? 'NO_PROXY is not set' : `NO_PROXY=${noProxy}`
	return proxies.map(
		({ variable, proxy, problem }): Diagnosis =>
			proxy === undefined
				? {
						check,
						status: 'failed',
						message: `${variable} cannot be used: ${problem}`,
						remedy: 'Write it as http://HOST:PORT.',
					}
				: { check, status: 'ok', message: `${variable}=${hideUrlSecrets(proxy.url)}, ${hint}` },
	)
}
