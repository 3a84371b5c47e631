// Reads files of a ZIP archive, with the browser's decompression. Only the parts of the archive that are needed are read.
// Source: PKWARE APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16. ZIP64 and encryption are not supported.

import { ImportFailure } from './import-failure.ts'

export interface ZipEntry {
	readonly name: string
	/** @throws ImportFailure if it is damaged, or longer than `mostBytes`. */
	text(mostBytes: number): Promise<string>
}

const [endSignature, entrySignature, localSignature] = [0x06054b50, 0x02014b50, 0x04034b50]
const [endSize, entrySize, localSize, mostComment] = [22, 46, 30, 0xffff]
const [stored, deflated] = [0, 8]
/** Bytes of the table of contents. */
const mostTable = 64 * 1024 * 1024

export const isZip = async (file: Blob): Promise<boolean> => {
	const start = new Uint8Array(await file.slice(0, 4).arrayBuffer())
	return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4
}

/** @throws ImportFailure if it is damaged. */
export async function readZip(file: Blob): Promise<readonly ZipEntry[]> {
	const tailStart = Math.max(0, file.size - endSize - mostComment)
	const tail = new DataView(await file.slice(tailStart).arrayBuffer())
	let end = tail.byteLength - endSize
	while (end >= 0 && tail.getUint32(end, true) !== endSignature) end--
	if (end < 0) throw new ImportFailure('damaged-zip')
	const [count, size, start] = [
		tail.getUint16(end + 10, true),
		tail.getUint32(end + 12, true),
		tail.getUint32(end + 16, true),
	]
	if (size > mostTable || start + size > file.size) throw new ImportFailure('damaged-zip')
	const table = new DataView(await file.slice(start, start + size).arrayBuffer())
	const entries: ZipEntry[] = []
	for (let at = 0, index = 0; index < count; index++) {
		if (at + entrySize > table.byteLength || table.getUint32(at, true) !== entrySignature)
			throw new ImportFailure('damaged-zip')
		const nameLength = table.getUint16(at + 28, true)
		const next = at + entrySize + nameLength + table.getUint16(at + 30, true) + table.getUint16(at + 32, true)
		if (next > table.byteLength) throw new ImportFailure('damaged-zip')
		const name = new TextDecoder().decode(new Uint8Array(table.buffer, at + entrySize, nameLength))
		const facts = {
			method: table.getUint16(at + 10, true),
			encrypted: (table.getUint16(at + 8, true) & 1) === 1,
			packed: table.getUint32(at + 20, true),
			offset: table.getUint32(at + 42, true),
		}
		entries.push({ name, text: (mostBytes) => readEntry(file, facts, mostBytes) })
		at = next
	}
	return entries
}

interface EntryFacts {
	readonly method: number
	readonly encrypted: boolean
	/** Bytes in the archive. */
	readonly packed: number
	readonly offset: number
}

async function readEntry(file: Blob, { method, encrypted, packed, offset }: EntryFacts, most: number): Promise<string> {
	if (encrypted || (method !== stored && method !== deflated)) throw new ImportFailure('damaged-zip')
	const header = new DataView(await file.slice(offset, offset + localSize).arrayBuffer())
	if (header.byteLength < localSize || header.getUint32(0, true) !== localSignature)
		throw new ImportFailure('damaged-zip')
	const start = offset + localSize + header.getUint16(26, true) + header.getUint16(28, true)
	const content = file.slice(start, start + packed).stream()
	const bytes = method === stored ? content : content.pipeThrough(new DecompressionStream('deflate-raw'))
	const decoder = new TextDecoder()
	let [text, length] = ['', 0]
	const reader = bytes.getReader()
	try {
		for (;;) {
			const { done, value } = await reader.read()
			if (done) return text + decoder.decode()
			length += value.byteLength
			// A small archive may contain a file without end.
			if (length > most) throw new ImportFailure('too-large')
			text += decoder.decode(value, { stream: true })
		}
	} catch (failure) {
		throw failure instanceof ImportFailure ? failure : new ImportFailure('damaged-zip', failure)
	} finally {
		void reader.cancel().catch(() => undefined)
	}
}
