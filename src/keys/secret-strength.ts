// Estimates how hard a secret that a person chose is to guess. It does not know whose secret it is.

/** The strength that a secret on a network needs, in bits. */
export const strongSecretBits = 128

/** Whether a secret has at least 128 bits by `secretBits`. */
export function isStrongSecret(secret: string): boolean {
	return secretBits(secret) >= strongSecretBits
}

/**
 * An estimate in bits: the length times the bits per character of the alphabet that the secret uses. Words, repetitions
 * and sequences count less than random characters.
 */
export function secretBits(secret: string): number {
	const text = withoutKnownWords(secret)
	const hex = text.replaceAll('-', '')
	if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(hex)) return Math.min(4, alphabetBits(hex)) * unpredictableLength(hex)
	const asCharacters = alphabetBits(text) * unpredictableLength(text)
	const words = (text.match(wordForm) ?? []).filter(isPronounceable)
	return isPassphrase(text, words) ? Math.min(asCharacters, words.length * bitsPerWord + bitsBesideWords) : asCharacters
}

/** A word out of some thousands (Diceware has 7,776). */
const bitsPerWord = 13
/** For separators, capitals and a number. */
const bitsBesideWords = 20
/** A run of letters of one case, perhaps with a capital. */
const wordForm = /(?:[A-Z]|(?<![A-Za-z]))[a-z]{2,11}(?![a-z])|(?<![A-Za-z])[A-Z]{3,12}(?![A-Za-z])/g

/** Half of all random runs of letters are not. */
function isPronounceable(word: string): boolean {
	const vowels = word.match(/[aeiouy]/gi)?.length ?? 0
	return vowels >= word.length * 0.2 && vowels <= word.length * 0.7
}

/** Whether nearly all of a text is words, so that it is not a sequence of random characters. */
function isPassphrase(text: string, words: readonly string[]): boolean {
	const inWords = words.reduce((sum, { length }) => sum + length, 0)
	const letters = text.match(/[A-Za-z]/g)?.length ?? 0
	const digits = text.match(/[0-9]/g)?.length ?? 0
	return inWords >= letters * 0.8 && digits <= text.length * 0.1
}

/** Words of keys in examples and of common passwords; each counts as one character. */
const knownWords =
	/change[-_ ]?(?:me|this|it)|passw(?:or)?d|passphrase|secret|admin(?:istrator)?|dragoman|letmein|welcome|default|example|sample|insecure|qwerty(?:uiop)?|asdf(?:gh)?(?:jkl)?|master|monkey|iloveyou|replace[-_ ]?(?:me|this)|your|api[-_ ]?key|token|testing|test|root|(?:0?1234567890?|123456?)/gi

function withoutKnownWords(text: string): string {
	return text.replace(knownWords, '*')
}

function alphabetBits(text: string): number {
	const classes: readonly (readonly [RegExp, number])[] = [
		[/[0-9]/, 10],
		[/[a-z]/, 26],
		[/[A-Z]/, 26],
		[/[^0-9A-Za-z]/, 16],
	]
	const size = classes.reduce((sum, [form, characters]) => sum + (form.test(text) ? characters : 0), 0)
	const used = new Set(text).size
	// Few different characters in a long text are a smaller alphabet than their classes.
	return Math.log2(Math.max(1, Math.min(size, used < 10 ? used : size)))
}

/**
 * The number of characters that do not continue a sequence (aaaa, 1234) or repeat an earlier part. A few of them occur in
 * random text too and count.
 */
function unpredictableLength(text: string): number {
	const seen = new Set<string>()
	let predictable = 0
	for (let at = 0; at < text.length; at++) {
		const part = text.slice(at - 3, at + 1)
		if (part.length === 4 && (seen.has(part) || isSequence(part))) predictable++
		seen.add(part)
	}
	return predictable <= text.length / 8 ? text.length : text.length - predictable
}

function isSequence(part: string): boolean {
	const steps = new Set<number>()
	for (let at = 1; at < part.length; at++) steps.add(part.charCodeAt(at) - part.charCodeAt(at - 1))
	const [step = 0] = steps
	return steps.size === 1 && Math.abs(step) <= 1
}
