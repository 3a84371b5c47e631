// The target of a request: one reading, which a proxy in front shares (RFC 9112, section 3.2). Whatever proxies resolve in
// different ways, such as dot segments and backslashes, is rejected. It does not know routes.

import { MessageSyntaxError } from './message-head.ts'

export interface RequestTarget {
	/** Path and query as they were sent; `*` for the server as a whole. */
	readonly pathAndQuery: string
	/** The host of a target in absolute form, which replaces the Host header; undefined if the target has none. */
	readonly host: string | undefined
}

/** @throws MessageSyntaxError for a target that is malformed, or that two servers could interpret differently. */
export function readRequestTarget(method: string, target: string): RequestTarget {
	if (target === '*' && method === 'OPTIONS') return { pathAndQuery: target, host: undefined }
	if (method === 'CONNECT') throw new MessageSyntaxError('the server is not a tunnel')
	const [, authority, rest = ''] = absoluteForm.exec(target) ?? []
	const pathAndQuery = authority === undefined ? target : rest.startsWith('/') ? rest : `/${rest}`
	if (authority?.includes('@') === true) throw new MessageSyntaxError('the target has user information')
	if (authority === undefined && !target.startsWith('/'))
		throw new MessageSyntaxError('the target is neither a path nor a URL')
	const mark = pathAndQuery.indexOf('?')
	const path = mark === -1 ? pathAndQuery : pathAndQuery.slice(0, mark)
	if (!pathForm.test(path)) throw new MessageSyntaxError('the path contains characters that must be percent-encoded')
	if (path.includes('.') || path.includes('%')) checkSegments(path)
	if (mark === -1) return { pathAndQuery, host: authority }
	return { pathAndQuery: path + readQuery(pathAndQuery.slice(mark)), host: authority }
}

const absoluteForm = /^https?:\/\/([^/?#]+)(.*)$/i

/** Visible ASCII characters except backslash and fragment; percent signs precede two digits. */
const pathForm = /^\/(?:[!"$&-[\]-~]|%[0-9a-f]{2})*$/i

/** Servers resolve dot segments, some also percent-encoded ones, and some read an encoded slash or backslash as a slash. */
function checkSegments(path: string): void {
	const encoded = path.replace(/%(?:2e|2f|5c)/gi, (code) => decodeURIComponent(code))
	if (encoded.includes('\\') || /(?:^|\/)\.{1,2}(?:[/;]|$)/.test(encoded))
		throw new MessageSyntaxError('the path contains dot segments or a backslash')
	if (/%(?:0\w|1\w|7f)/i.test(path)) throw new MessageSyntaxError('the path contains control characters')
}

/** Clients write queries in UTF-8 without encoding. The target was decoded as Latin-1. */
function readQuery(query: string): string {
	if (query.includes('#')) throw new MessageSyntaxError('the target has a fragment')
	if (!/^[\x21-\x7e\x80-\xff]*$/.test(query)) throw new MessageSyntaxError('the query contains control characters')
	return query.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
}
