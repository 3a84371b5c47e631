// Applies the operator's policy on URLs to a request, before any upstream receives it. It knows neither the policy nor
// where a request may contain a URL.

import { type ChangeUrl, mapFields, mapUrls } from '../chat/request-urls.ts'
import { perform } from '../system/occupancy.ts'
import { callerOf } from './caller-path.ts'
import type { Recalled } from './recall.ts'
import type { Serving } from './serving.ts'

/** @throws ChatError `invalid-request` for a URL that the policy refuses. */
export async function checkUrls(recalled: Recalled, { urlPolicy }: Serving): Promise<Recalled> {
	if (urlPolicy === undefined) return recalled
	const urls = urlPolicy.begin()
	const checked = await perform(recalled.turns, () => check(recalled, urls.check))
	if (urls.names.size > 0) await urlPolicy.resolve(urls, callerOf(recalled.key))
	return checked
}

function check(recalled: Recalled, change: ChangeUrl): Recalled {
	const { call } = recalled
	if ('messages' in call.request) {
		const request = mapUrls(call.request, change)
		return request === call.request ? recalled : ({ ...recalled, call: { ...call, request } } as Recalled)
	}
	if (!('passthrough' in call.request)) return recalled
	const { passthrough } = call.request
	const checked = mapFields(passthrough, '', change)
	if (checked === passthrough) return recalled
	return { ...recalled, call: { ...call, request: { ...call.request, passthrough: checked } } } as Recalled
}
