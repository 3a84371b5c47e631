// A wheel, which is a zip: finds one file in it by reading its directory at the end, so that nothing else has to be fetched. Zip64
// included. Format: APPNOTE.TXT 6.3. It does not unpack.

/** Bytes that can be read anywhere. */
export interface RandomAccess {
	readonly sizeBytes: number
	read(fromByte: number, lengthBytes: number): Promise<Uint8Array>
}

export interface MemberPlace {
	/** Where its bytes begin in the wheel, after its local header. */
	readonly fromByte: number
	/** How many bytes it takes in the wheel. */
	readonly packedBytes: number
	readonly sizeBytes: number
	readonly packing: 'plain' | 'deflate'
}

const endSignature = 0x06054b50
const zip64LocatorSignature = 0x07064b50
const zip64EndSignature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
/** The end record and the longest comment after it. */
const longestEnd = 22 + 0xffff + 20
const largestDirectory = 64 * 1024 * 1024
const in64 = 0xffffffff

/** @throws Error where this is no zip, or `path` is not in it or packed in another way. */
export async function findMember(wheel: RandomAccess, path: string): Promise<MemberPlace> {
	const { fromByte, lengthBytes } = await findDirectory(wheel)
	if (lengthBytes > largestDirectory) throw new Error('the wheel has too large a directory')
	const directory = view(await wheel.read(fromByte, lengthBytes))
	for (let at = 0; at + 46 <= directory.byteLength && directory.getUint32(at, true) === entrySignature; ) {
		const nameLength = directory.getUint16(at + 28, true)
		const extraLength = directory.getUint16(at + 30, true)
		const commentLength = directory.getUint16(at + 32, true)
		const name = text(directory, at + 46, nameLength)
		if (name === path) return await place(wheel, readEntry(directory, at, at + 46 + nameLength, extraLength), path)
		at += 46 + nameLength + extraLength + commentLength
	}
	throw new Error(`the wheel holds no '${path}'`)
}

interface Entry {
	readonly method: number
	readonly packedBytes: number
	readonly sizeBytes: number
	readonly headerAt: number
}

function readEntry(directory: DataView, at: number, extraAt: number, extraLength: number): Entry {
	const long = zip64Fields(directory, extraAt, extraLength)
	const orLong = (short: number) => (short === in64 ? (long.shift() ?? short) : short)
	const sizeBytes = orLong(directory.getUint32(at + 24, true))
	const packedBytes = orLong(directory.getUint32(at + 20, true))
	const headerAt = orLong(directory.getUint32(at + 42, true))
	return { method: directory.getUint16(at + 10, true), packedBytes, sizeBytes, headerAt }
}

/** The 64-bit values of the zip64 extra field: those of size, packed size and header offset that did not fit, in that order. */
function zip64Fields(directory: DataView, at: number, length: number): number[] {
	const end = at + length
	while (at + 4 <= end) {
		const size = directory.getUint16(at + 2, true)
		if (directory.getUint16(at, true) === 1)
			return Array.from({ length: Math.min(3, Math.floor(size / 8)) }, (_, index) =>
				Number(directory.getBigUint64(at + 4 + index * 8, true)),
			)
		at += 4 + size
	}
	return []
}

async function place(wheel: RandomAccess, entry: Entry, path: string): Promise<MemberPlace> {
	const packing = entry.method === 0 ? 'plain' : entry.method === 8 ? 'deflate' : undefined
	if (packing === undefined)
		throw new Error(`'${path}' is packed with zip method ${entry.method}, which is not read here`)
	const local = view(await wheel.read(entry.headerAt, 30))
	if (local.getUint32(0, true) !== localSignature) throw new Error('the wheel is damaged')
	const fromByte = entry.headerAt + 30 + local.getUint16(26, true) + local.getUint16(28, true)
	if (fromByte + entry.packedBytes > wheel.sizeBytes) throw new Error('the wheel is cut short')
	return { fromByte, packedBytes: entry.packedBytes, sizeBytes: entry.sizeBytes, packing }
}

async function findDirectory(
	wheel: RandomAccess,
): Promise<{ readonly fromByte: number; readonly lengthBytes: number }> {
	const length = Math.min(longestEnd, wheel.sizeBytes)
	const tail = view(await wheel.read(wheel.sizeBytes - length, length))
	for (let at = tail.byteLength - 22; at >= 0; at--) {
		if (tail.getUint32(at, true) !== endSignature) continue
		const locatorAt = at - 20
		if (locatorAt >= 0 && tail.getUint32(locatorAt, true) === zip64LocatorSignature) {
			const end = view(await wheel.read(Number(tail.getBigUint64(locatorAt + 8, true)), 56))
			if (end.getUint32(0, true) !== zip64EndSignature) throw new Error('the wheel is damaged')
			return { fromByte: Number(end.getBigUint64(48, true)), lengthBytes: Number(end.getBigUint64(40, true)) }
		}
		return { fromByte: tail.getUint32(at + 16, true), lengthBytes: tail.getUint32(at + 12, true) }
	}
	throw new Error('the file is no wheel')
}

function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function text(bytes: DataView, at: number, length: number): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('utf8')
}
