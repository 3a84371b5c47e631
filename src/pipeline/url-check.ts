// Applies the operator's policy on URLs to a request, before any upstream receives it. It knows neither the policy nor
// where a request may contain a URL.

import { mapFields, mapUrls } from '../chat/request-urls.ts'
import type { UrlPolicy } from '../http/url-policy.ts'
import { perform } from '../system/occupancy.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'

/** @throws ChatError `invalid-request` for a URL that the policy refuses. */
export function checkUrls(recalled: Recalled, { urlPolicy }: Serving): Recalled | Promise<Recalled> {
	return urlPolicy === undefined ? recalled : perform(recalled.turns, () => check(recalled, urlPolicy))
}

function check(recalled: Recalled, urlPolicy: UrlPolicy): Recalled {
	const { call } = recalled
	if ('messages' in call.request) {
		const request = mapUrls(call.request, urlPolicy.check)
		return request === call.request ? recalled : ({ ...recalled, call: { ...call, request } } as Recalled)
	}
	if (!('passthrough' in call.request)) return recalled
	const { passthrough } = call.request
	const checked = mapFields(passthrough, '', urlPolicy.check)
	if (checked === passthrough) return recalled
	return { ...recalled, call: { ...call, request: { ...call.request, passthrough: checked } } } as Recalled
}
