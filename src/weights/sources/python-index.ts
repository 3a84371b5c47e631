// Finds the wheel of a release in a Python package index: JSON (PEP 691) if the index supports it, else HTML (PEP 503). It fetches
// the list, never the wheel.

import type { PackageIndex } from './registries.ts'
import { type RemoteFile, readSmall } from './remote-file.ts'

export interface IndexedWheel {
	readonly remote: RemoteFile
	/** Of the whole wheel, if the index reports it. */
	readonly sha256: string | undefined
	readonly sizeBytes: number | undefined
}

interface IndexedFile {
	readonly name: string
	readonly url: string
	readonly sha256: string | undefined
	readonly sizeBytes: number | undefined
}

const jsonType = 'application/vnd.pypi.simple.v1+json'
const accept = `${jsonType}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01`
const largestPage = 32 * 1024 * 1024

/** @throws Error if the index cannot be reached or lists no wheel of that release. */
export async function findWheel(
	project: string,
	version: string,
	index: PackageIndex,
	options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<IndexedWheel> {
	const base = new URL(index.url.endsWith('/') ? index.url : `${index.url}/`)
	const page = new URL(`${normalize(project)}/`, base)
	const trust = index.caFile === undefined ? {} : { caFile: index.caFile }
	const answer = await readSmall({ url: page.href, ...trust }, { ...options, accept }, largestPage)
	const text = new TextDecoder().decode(answer.content)
	const files = answer.contentType.includes('json') ? readJson(JSON.parse(text)) : readHtml(text)
	const wheels = files.filter(({ name }) => isWheelOf(name, project, version))
	const chosen = wheels.find(({ name }) => name.endsWith('-none-any.whl')) ?? wheels[0]
	if (chosen === undefined) throw new Error(`${base.host} lists no wheel of ${project} ${version}`)
	const url = new URL(chosen.url, answer.url)
	if (url.origin === base.origin && url.username === '') {
		url.username = base.username
		url.password = base.password
	}
	return { remote: { url: url.href, ...trust }, sha256: chosen.sha256, sizeBytes: chosen.sizeBytes }
}

/** A project's normalized name (PEP 503). */
function normalize(project: string): string {
	return project.toLowerCase().replace(/[-_.]+/g, '-')
}

/** Wheels are named name-version(-build)?-python-abi-platform.whl, with `_` for every `-` inside a part. */
function isWheelOf(file: string, project: string, version: string): boolean {
	if (!file.endsWith('.whl')) return false
	const [name, release] = file.split('-')
	return name !== undefined && normalize(name) === normalize(project) && release === version
}

function readJson(page: unknown): readonly IndexedFile[] {
	const files = field(page, 'files')
	if (!Array.isArray(files)) throw new Error('the index returned an invalid response: "files" is not a list')
	return files.flatMap((file: unknown) => {
		const name = field(file, 'filename')
		const url = field(file, 'url')
		const sha256 = field(field(file, 'hashes'), 'sha256')
		const size = field(file, 'size')
		if (typeof name !== 'string' || typeof url !== 'string') return []
		return [
			{
				name,
				url,
				sha256: typeof sha256 === 'string' ? sha256 : undefined,
				sizeBytes: typeof size === 'number' ? size : undefined,
			},
		]
	})
}

function readHtml(page: string): readonly IndexedFile[] {
	return [...page.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>\s*([^<]+?)\s*<\/a>/gi)].flatMap(
		([, href = '', name = '']) => {
			const [url = '', fragment = ''] = href.replaceAll('&amp;', '&').split('#')
			const [, sha256] = /^sha256=([0-9a-f]{64})$/i.exec(fragment) ?? []
			return [{ name, url, sha256: sha256?.toLowerCase(), sizeBytes: undefined }]
		},
	)
}

function field(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null && name in value
		? (value as Record<string, unknown>)[name]
		: undefined
}
