// Files for the tests of attachments.

import { deflateSync } from 'node:zlib'

/** A PDF whose pages have one line of text each. */
export function writePdf(pages: readonly string[]): Buffer {
	const objects = [
		'<</Type/Catalog/Pages 2 0 R>>',
		`<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')}]>>`,
		'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
		...pages.flatMap((text, index) => {
			const content = text === '' ? '' : `BT /F1 12 Tf 20 100 Td (${text}) Tj ET`
			return [
				`<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents ${5 + 2 * index} 0 R/Resources<</Font<</F1 3 0 R>>>>>>`,
				`<</Length ${content.length}>>stream\n${content}\nendstream`,
			]
		}),
	]
	let file = '%PDF-1.4\n'
	const offsets = objects.map((object, index) => {
		const offset = file.length
		file += `${index + 1} 0 obj\n${object}\nendobj\n`
		return offset
	})
	const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
	const size = objects.length + 1
	return Buffer.from(
		`${file}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer<</Size ${size}/Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF\n`,
	)
}

/** A grey PNG. */
export function writePng(width: number, height: number): Buffer {
	const header = Buffer.alloc(13)
	header.writeUInt32BE(width, 0)
	header.writeUInt32BE(height, 4)
	header.set([8, 0, 0, 0, 0], 8)
	const rows = Buffer.alloc((width + 1) * height, 120)
	for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0)),
	])
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
	const whole = Buffer.alloc(body.length + 8)
	whole.writeUInt32BE(data.length, 0)
	body.copy(whole, 4)
	whole.writeUInt32BE(Bun.hash.crc32(body), body.length + 4)
	return whole
}
