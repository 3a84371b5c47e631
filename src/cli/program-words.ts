// How a person calls this program in a shell, for texts that contain commands to copy.

import { join } from 'node:path'

/** The folder of the package. */
export const packageFolder = join(import.meta.dir, '..', '..')

/**
 * The command that runs this program from `folder`. npx finds it in the package's own folder, and must not look it up
 * in a registry.
 */
export function programWords(folder: string): readonly string[] {
	return folder === packageFolder
		? ['npx', '--no-install', 'dragoman']
		: ['node', join(packageFolder, 'bin', 'dragoman.mjs')]
}

/** `text` as one word of a POSIX shell. */
export function shellWord(text: string): string {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** An address that a client on this machine can use instead of a wildcard address. */
export function reachableUrl(url: string): string {
	return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
