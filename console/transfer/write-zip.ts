// Writes a ZIP archive without compression. Source: PKWARE APPNOTE.TXT 6.3. At most 65,535 files and 4 GiB.

const encoder = new TextEncoder()
/** Names are UTF-8. */
const flags = 0x0800
/** 1 January 1980, the first day that the format knows: an archive of the same files is the same. */
const noDate = 0x0021

export class ZipWriter {
	private readonly parts: BlobPart[] = []
	private readonly table: Uint8Array<ArrayBuffer>[] = []
	private readonly names = new Set<string>()
	private offset = 0

	/** A name that exists already gets a number. */
	add(name: string, content: string): void {
		const bytes = encoder.encode(content)
		const unique = this.uniqueName(name)
		const encoded = encoder.encode(unique)
		const facts = factsOf(bytes, encoded.length)
		const local = concat(record(4, 0x04034b50), record(2, 20), facts, record(2, 0), encoded)
		this.table.push(
			concat(
				...[record(4, 0x02014b50), record(2, 20), record(2, 20), facts],
				// Extra field, comment, disk, attributes.
				...[record(2, 0), record(2, 0), record(2, 0), record(2, 0), record(4, 0)],
				...[record(4, this.offset), encoded],
			),
		)
		this.parts.push(local, bytes)
		this.offset += local.length + bytes.length
	}

	finish(): Blob {
		const table = concat(...this.table)
		const count = record(2, this.table.length)
		const disks = record(4, 0)
		const end = concat(record(4, 0x06054b50), disks, count, count, record(4, table.length), record(4, this.offset))
		return new Blob([...this.parts, table, end, record(2, 0)], { type: 'application/zip' })
	}

	private uniqueName(name: string): string {
		const dot = name.lastIndexOf('.')
		let unique = name
		for (let number = 2; this.names.has(unique); number++) unique = `${name.slice(0, dot)} ${number}${name.slice(dot)}`
		this.names.add(unique)
		return unique
	}
}

/** The fields that both headers of a file have. */
function factsOf(bytes: Uint8Array, nameLength: number): Uint8Array<ArrayBuffer> {
	const size = record(4, bytes.length)
	const date = [record(2, 0), record(2, noDate)]
	return concat(record(2, flags), record(2, 0), ...date, record(4, crc32(bytes)), size, size, record(2, nameLength))
}

function record(bytes: 2 | 4, value: number): Uint8Array<ArrayBuffer> {
	const view = new DataView(new ArrayBuffer(bytes))
	if (bytes === 2) view.setUint16(0, value, true)
	else view.setUint32(0, value, true)
	return new Uint8Array(view.buffer)
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
	let at = 0
	for (const part of parts) {
		all.set(part, at)
		at += part.length
	}
	return all
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
	let value = byte
	for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
	return value
})

function crc32(bytes: Uint8Array): number {
	let value = 0xffffffff
	for (const byte of bytes) value = (value >>> 8) ^ (crcTable[(value ^ byte) & 0xff] ?? 0)
	return (value ^ 0xffffffff) >>> 0
}
