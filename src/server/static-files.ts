// Serves the files of the web page. Only files in the given table are served.

import { join } from 'node:path'

/** For a page that loads nothing from other origins and cannot be embedded. */
const headers: Readonly<Record<string, string>> = {
	'content-security-policy':
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cache-control': 'no-cache',
}

export class StaticFiles {
	private readonly folder: string
	private readonly files: ReadonlyMap<string, string>

	/** @param files maps request paths to files in `folder`. */
	constructor(folder: string, files: Readonly<Record<string, string>>) {
		this.folder = folder
		this.files = new Map(Object.entries(files))
	}

	/** The file for a normalized path, or undefined if there is none. */
	find(path: string): Response | undefined {
		const name = this.files.get(path)
		return name === undefined ? undefined : new Response(Bun.file(join(this.folder, name)), { headers })
	}
}
