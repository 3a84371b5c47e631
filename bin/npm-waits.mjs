// How long npm waits for a network that does not respond: settings for its environment, which the user's own variables
// override. Without them a command waits for minutes, in silence. Plain Node.

/** In milliseconds, apart from the number of retries. */
export const npmWaits = {
	npm_config_fetch_retries: '1',
	npm_config_fetch_retry_mintimeout: '1000',
	npm_config_fetch_retry_maxtimeout: '5000',
	npm_config_fetch_timeout: '30000',
}

/** Whether npm's lines report that its registry cannot be reached. @param {string} text */
export function isNetworkFailure(text) {
	return /\b(EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH|ENOTCACHED|FETCH_ERROR|network (timeout|request))\b/i.test(
		text,
	)
}
