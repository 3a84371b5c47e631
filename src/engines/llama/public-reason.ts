// What clients may read of a failure: the operator's sentence without the paths of this machine. The log has the whole sentence.

/** Absolute paths, and those below the home folder or the folder of the configuration, up to the next space or quote. */
const pathLike = /(?<![\w:/.~-])(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][^\s/\\'"`,;:()]+)+[/\\]?/g

/**
 * @param text one or more sentences; only the first line is used.
 * @param known paths that may be in the text, which are found even if they contain spaces.
 */
export function publicReason(text: string, known: readonly string[] = []): string {
	const [line = ''] = text.split('\n')
	const longestFirst = known.filter((path) => path.includes('/')).sort((a, b) => b.length - a.length)
	const shortened = longestFirst.reduce((rest, path) => rest.replaceAll(path, lastPart(path)), line)
	return shortened.replace(pathLike, (path) => lastPart(path)).replace(/:$/, '')
}

/** A failure that only the operator can do something about. */
export class OperatorError extends Error {
	override readonly name = 'OperatorError'
	/** What to do. For the operator alone, as it may name what is on this machine. */
	readonly hint: string

	constructor(reason: string, hint = '') {
		super(reason)
		this.hint = hint
	}
}

/** The whole sentence, for the log. */
export function operatorReason(thrown: unknown): string {
	if (thrown instanceof OperatorError && thrown.hint !== '') return `${thrown.message}; ${thrown.hint}`
	return thrown instanceof Error ? thrown.message : String(thrown)
}

/** With either kind of slash, whatever system this is. */
function lastPart(path: string): string {
	return (
		path
			.split(/[/\\]/)
			.filter((part) => part !== '')
			.at(-1) ?? path
	)
}
