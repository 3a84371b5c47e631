// `marked` leaves character references in its tokens, because it usually writes HTML; elements need the characters.

const named: Readonly<Record<string, string>> = {
	amp: '&',
	lt: '<',
	gt: '>',
	quot: '"',
	apos: "'",
	nbsp: '\u00a0',
	copy: '©',
	hellip: '…',
	mdash: '—',
	ndash: '–',
	rarr: '→',
	larr: '←',
	times: '×',
	deg: '°',
	euro: '€',
}

/** Replaces the references of HTML that occur in answers; others remain as they are. */
export function decodeEntities(text: string): string {
	if (!text.includes('&')) return text
	return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,8}));/gi, (whole, decimal, hexadecimal, name) => {
		if (name !== undefined) return named[name] ?? whole
		const point = decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal)
		return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
	})
}
