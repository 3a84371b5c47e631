// Which content codings a client accepts (RFC 9110, section 12.5.3). It does not know what is encoded.

/** Longer headers are read up to here. */
const mostCharacters = 1024

/** @param accepted the header `accept-encoding`; empty if there is none. */
export function acceptsCoding(accepted: string, coding: 'br' | 'gzip'): boolean {
	let acceptsAny = false
	for (const element of accepted.slice(0, mostCharacters).toLowerCase().split(',')) {
		const [name = '', ...parameters] = element.split(';').map((text) => text.trim())
		// A weight of 0 means that the client does not accept it.
		const isAccepted = !parameters.some((parameter) => /^q[ \t]*=[ \t]*0(?:\.0*)?$/.test(parameter))
		if (name === coding) return isAccepted
		if (name === '*') acceptsAny = isAccepted
	}
	return acceptsAny
}
