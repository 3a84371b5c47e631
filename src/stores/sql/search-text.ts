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
	const pieces: string[] = []
	for (let at = 0; at < plain.length; ) {
		const end = endOfPiece(plain, at)
		pieces.push(foldText(plain.slice(at, end)))
		at = end
		yield
	}
	const folded = pieces.join('')
	yield
	return folded
}

/** What is folded in one step. */
const foldedCharacters = 65_536

/** An end that no composition of characters crosses: before a letter or a symbol that never composes with one before it. */
function endOfPiece(text: string, from: number): number {
	independent.lastIndex = from + foldedCharacters
	return independent.exec(text)?.index ?? text.length
}

/** ASCII, Latin, Greek, Cyrillic, Hebrew and Arabic letters, kana, ideographs, Hangul syllables, and pictures. */
const independent =
	/[ -~\n\u00c0-\u02af\u0386-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]|[\ud83c-\ud83e][\udc00-\udfff]/g

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
