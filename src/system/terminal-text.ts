// Text that is safe to write to a terminal. It does not know where the text comes from: names, model lists and error
// messages of strangers may contain sequences that clear the screen, set its title or imitate other lines.

/**
 * C0 and C1 control characters, line and paragraph separators, characters that reorder or hide the text around them, and
 * halves of surrogate pairs.
 */
const control =
	/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/** The same without marks of direction, which names in some scripts need. */
const refused = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/** Whether a name must be refused because it could change the text around it. */
export function hasControlCharacters(name: string): boolean {
	return refused.test(name)
}

/** One line: control characters are replaced by escapes such as `\u001b`. */
export function terminalLine(text: string): string {
	return text.replace(control, escaped)
}

/** The same for text of several lines: it keeps line feeds and tabs. JSON text keeps its meaning. */
export function terminalText(text: string): string {
	return text.replace(control, (character) =>
		character === '\n' || character === '\t' ? character : escaped(character),
	)
}

function escaped(character: string): string {
	let text = ''
	for (let at = 0; at < character.length; at++) text += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`
	return text
}
