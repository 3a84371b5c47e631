// Folds the texts that a search compares, those of messages and titles and that of a query, in the same way for every
// database. It does not know which texts of a message are searched, or how they are found.

/**
 * Folds a text for a search that ignores case, in all scripts. A folded text remains as it is. Texts that differ only in case or in the
 * composition of accents become equal. Accents and white space are significant.
 *
 * - Case: ß is ss, every sigma is σ, and all four i of Turkish are i. Ligatures are their letters.
 * - Removed: U+0000, which PostgreSQL cannot store, and the data of base64 URLs.
 */
export function foldText(text: string): string {
	const plain = withoutData(text.replaceAll('\0', ''))
	return isAscii(plain) ? plain.toLowerCase() : foldUnicode(plain)
}

/** The same in steps, for long texts. */
export function* foldTextInSteps(text: string): Generator<undefined, string, undefined> {
	if (text.length <= foldedCharacters) return foldText(text)
	const plain = withoutData(text.replaceAll('\0', ''))
	yield
	let folded = ''
	let at = 0
	while (at < plain.length) {
		const end = endOfPiece(plain, at)
		folded += foldText(plain.slice(at, end))
		at = end
		yield
	}
	return folded
}

/** What is folded in one step. */
const foldedCharacters = 65_536

/** An end that no composition of characters crosses: before an ASCII character or an ideograph. */
function endOfPiece(text: string, from: number): number {
	independent.lastIndex = from + foldedCharacters
	return independent.exec(text)?.index ?? text.length
}

const independent = /[ -~\n\u4e00-\u9fff]/g

/** Number of characters (code points). */
export function charactersOf(text: string): number {
	let characters = 0
	for (const _ of text) characters++
	return characters
}

function withoutData(text: string): string {
	return text.includes(';base64,') ? text.replace(/;base64,[\w+/=-]*/g, ';base64,') : text
}

function isAscii(text: string): boolean {
	return Buffer.byteLength(text) === text.length
}

/** Through upper case, because only it has the full mapping: of ß, of ligatures and of the dotless ı. */
function foldUnicode(text: string): string {
	return text
		.toWellFormed()
		.normalize('NFC')
		.toLowerCase()
		.toUpperCase()
		.toLowerCase()
		.replaceAll('i\u0307', 'i')
		.replaceAll('ς', 'σ')
		.normalize('NFC')
}
