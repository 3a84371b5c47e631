// The options of a request handler that follow from the configuration alone.

import type { ConfigFile } from '../config/schema.ts'
import { addressSet } from '../http/addresses.ts'
import { hostCheck } from '../http/hosts.ts'
import type { MetricsAccess } from '../server/metrics-access.ts'
import { callerLimits } from './connection-limits.ts'
import { requestLimits } from './request-limits.ts'

/** The options of the handler that follow from the configuration alone. */
export function handlerSettings(config: ConfigFile) {
	const { dialects, limits, listen, server, telemetry } = config
	const { hosts, trustedProxies } = server
	return {
		dialects,
		limits: requestLimits(limits),
		callerLimits: callerLimits(config),
		checkHost: hostCheck({ hosts, listen }),
		proxies: trustedProxies.length === 0 ? undefined : addressSet(trustedProxies),
		metrics: metricsAccess(telemetry),
	}
}

function metricsAccess({ metrics, metricsFrom, metricsToken }: ConfigFile['telemetry']): MetricsAccess | undefined {
	switch (metrics) {
		case 'off':
			return undefined
		case 'open':
			return { type: 'open' }
		case 'restricted':
			return { type: 'restricted', addresses: addressSet(metricsFrom), token: metricsToken }
		default:
			return metrics satisfies never
	}
}
