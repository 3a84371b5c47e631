// Recognizes a proxy's own error among the responses to requests for an http server that the proxy forwards. The server
// may return the same statuses, so a status alone is not proof, except 407, which only proxies return.

import type { HttpProxy } from '../../../http/proxy.ts'
import { HttpFailure } from './http-failure.ts'
import { refusalOfProxy } from './proxy-tunnel.ts'
import type { ResponseHead } from './response-parser.ts'

/** Errors of squid after which the server cannot have received the request. Others leave it open. */
const notForwarded = /^ERR_(CONNECT_FAIL|DNS_FAIL|ACCESS_DENIED|CACHE_ACCESS_DENIED|CANNOT_FORWARD|FORWARDING_DENIED)\b/
/** The same for the error types of RFC 9209, section 2.3. */
const notConnected =
	/\berror="?(dns_timeout|dns_error|destination_not_found|destination_unavailable|destination_ip_prohibited|destination_ip_unroutable|connection_refused|connection_timeout|connection_limit_reached|http_request_denied)\b/

/** @param authority host and port of the server. */
export function refusalInResponse(
	{ status, headers }: ResponseHead,
	proxy: HttpProxy,
	authority: string,
): HttpFailure | undefined {
	if (status < 400) return undefined
	const refusal = () => refusalOfProxy(proxy, { status, reason: '', authority })
	if (status === 407) return refusal()
	const squid = headers.get('x-squid-error')
	const standard = headers.get('proxy-status')
	if ((squid !== undefined && notForwarded.test(squid)) || (standard !== undefined && notConnected.test(standard)))
		return refusal()
	// tinyproxy writes its own name only into its own responses, but does not say what failed.
	const own = squid !== undefined || /\berror=/.test(standard ?? '') || /^tinyproxy\//.test(headers.get('server') ?? '')
	if (!own) return undefined
	if (status < 500) return refusal()
	return new HttpFailure('proxy', `the proxy ${proxy.label} returned ${status} for ${authority}`, { sent: 'maybe' })
}
