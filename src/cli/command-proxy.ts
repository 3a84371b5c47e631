// The proxy of the requests that commands send themselves, by the rules that upstreams follow. It does not know the requests.

import { fetchProxy, type ProxyVariables } from '../http/proxy-environment.ts'
import { CliError } from './cli-error.ts'

/**
 * For the option `proxy` of `fetch`; `false` connects directly.
 *
 * @throws CliError if a variable of the environment has an unusable value.
 */
export function commandProxy(url: string, environment: ProxyVariables): string | false {
	try {
		return fetchProxy(url, environment)
	} catch (thrown) {
		throw new CliError(`${url} is not requested: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
	}
}
