// Finds one file in a wheel, which is a zip, by reading the central directory at its end, so that nothing else has to
// be fetched. Supports Zip64. Format: APPNOTE.TXT 6.3. It does not unpack.

/** Random access to bytes. */
export interface RandomAccess {
	readonly sizeBytes: number
	read(fromByte: number, lengthBytes: number): Promise<Uint8Array>
}

export interface MemberLocation {
	/** Offset of its bytes in the wheel, after its local header. */
	readonly fromByte: number
	/** Size of its bytes in the wheel. */
	readonly packedBytes: number
	readonly sizeBytes: number
	readonly packing: 'plain' | 'deflate'
}

const endSignature = 0x06054b50
const zip64LocatorSignature = 0x07064b50
const zip64EndSignature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
/** Size of the end record with the longest comment. */
const longestEnd = 22 + 0xffff + 20
const largestDirectory = 64 * 1024 * 1024
const in64 = 0xffffffff

/** @throws Error if this is not a zip, `path` is not in it, or its compression method is not supported. */
export async function findMember(wheel: RandomAccess, path: string): Promise<MemberLocation> {
	const { fromByte, lengthBytes } = await findDirectory(wheel)
	if (lengthBytes > largestDirectory)
		throw new Error(
			`the central directory of the wheel has ${lengthBytes} bytes, at most ${largestDirectory} are supported`,
		)
	const directory = view(await wheel.read(fromByte, lengthBytes))
	for (let at = 0; at + 46 <= directory.byteLength && directory.getUint32(at, true) === entrySignature; ) {
		const nameLength = directory.getUint16(at + 28, true)
		const extraLength = directory.getUint16(at + 30, true)
		const commentLength = directory.getUint16(at + 32, true)
		const name = text(directory, at + 46, nameLength)
		if (name === path)
			return await locateMember(wheel, readEntry(directory, at, at + 46 + nameLength, extraLength), path)
		at += 46 + nameLength + extraLength + commentLength
	}
	throw new Error(`the wheel does not contain '${path}'`)
}

interface ZipEntry {
	readonly method: number
	readonly packedBytes: number
	readonly sizeBytes: number
	readonly headerAt: number
}

function readEntry(directory: DataView, at: number, extraAt: number, extraLength: number): ZipEntry {
	const long = zip64Fields(directory, extraAt, extraLength)
	const orLong = (short: number) => (short === in64 ? (long.shift() ?? short) : short)
	const sizeBytes = orLong(directory.getUint32(at + 24, true))
	const packedBytes = orLong(directory.getUint32(at + 20, true))
	const headerAt = orLong(directory.getUint32(at + 42, true))
	return { method: directory.getUint16(at + 10, true), packedBytes, sizeBytes, headerAt }
}

/**
 * The 64-bit values of the zip64 extra field: those of size, packed size and header offset that did not fit, in that
 * order.
 */
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

async function locateMember(wheel: RandomAccess, entry: ZipEntry, path: string): Promise<MemberLocation> {
	const packing = entry.method === 0 ? 'plain' : entry.method === 8 ? 'deflate' : undefined
	if (packing === undefined) throw new Error(`'${path}' is compressed with the unsupported zip method ${entry.method}`)
	const local = view(await wheel.read(entry.headerAt, 30))
	if (local.getUint32(0, true) !== localSignature) throw new Error('the wheel is corrupt')
	const fromByte = entry.headerAt + 30 + local.getUint16(26, true) + local.getUint16(28, true)
	if (fromByte + entry.packedBytes > wheel.sizeBytes) throw new Error('the wheel is truncated')
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
			if (end.getUint32(0, true) !== zip64EndSignature) throw new Error('the wheel is corrupt')
			return { fromByte: Number(end.getBigUint64(48, true)), lengthBytes: Number(end.getBigUint64(40, true)) }
		}
		return { fromByte: tail.getUint32(at + 16, true), lengthBytes: tail.getUint32(at + 12, true) }
	}
	throw new Error('the file is not a wheel')
}

function view(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function text(bytes: DataView, at: number, length: number): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('utf8')
}
