// What a request handler is made of.

import type { DialectDefaults } from '../dialects/choice.ts'
import type { AddressSet } from '../http/addresses.ts'
import type { BodyLimits } from '../http/body.ts'
import type { HostCheck } from '../http/hosts.ts'
import type { UrlPolicy } from '../http/url-policy.ts'
import type { ConfiguredKey } from '../keys/configured-key.ts'
import type { KeyRules } from '../keys/key-rules.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { BackgroundLimits } from '../pipeline/background-calls.ts'
import type { Deployment } from '../pipeline/deployment.ts'
import type { CallerStorage } from '../pipeline/serving.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { Occupancy } from '../system/occupancy.ts'
import type { CheckResults } from '../system/server-checks.ts'
import type { CallerLimits } from './caller-limits.ts'
import type { OwnEndpoints } from './own-endpoints.ts'
import type { ReceiveOptions } from './receive.ts'

export interface HandlerOptions extends OwnEndpoints, ReceiveOptions {
	/** Absent only if the transport itself authenticates callers. */
	readonly keys: KeyStore | undefined
	/** The admin key of the configuration; none if absent. */
	readonly configuredKey?: ConfiguredKey | undefined
	readonly keyRules?: KeyRules | undefined
	/** Policy on URLs that clients hand to upstreams; none if absent. */
	readonly urlPolicy?: UrlPolicy | undefined
	/** Absent if nothing is stored or billed. */
	readonly storage?: CallerStorage | undefined
	/** Limits of the callers; none if absent. */
	readonly limiter?: Limiter | undefined
	/** The current configuration. */
	readonly deployment: () => Deployment
	/** The default dialects for paths that several dialects serve. */
	readonly dialects?: DialectDefaults
	/** Of the event loop, in which long work takes turns; one of its own if absent. */
	readonly occupancy?: Occupancy
	readonly limits: BodyLimits & {
		readonly keepAliveMs: number
		readonly answerBytes?: number | undefined
		readonly background?: BackgroundLimits | undefined
	}
	/** None if absent. */
	readonly callerLimits?: CallerLimits
	readonly clock: Clock
	/** Uniform in [0, 1). */
	readonly random: () => number
	readonly log: Log
	/** The checks of `/ready` in addition to the models; nothing if absent. */
	readonly checks?: () => Promise<CheckResults>
	/** Absent if the transport itself authenticates callers. */
	readonly checkHost?: HostCheck
	/** Proxies whose forwarding headers are trusted; none if absent. */
	readonly proxies?: AddressSet
}
