// Where a piece of text ends: models and servers cut text anywhere, also inside a character that JavaScript stores as two
// units.

/** Whether `text` ends with the first half of a character: UTF-8 cannot express it. */
export function endsInCharacter(text: string): boolean {
	const last = text.charCodeAt(text.length - 1)
	return last >= 0xd800 && last <= 0xdbff
}
