// A stretch of bytes to fetch and how they unpack: what every source comes down to. Plain data.

import type { RemoteFile } from './remote-file.ts'

export interface Piece {
	readonly from:
		| { readonly type: 'remote'; readonly file: RemoteFile }
		| { readonly type: 'local'; readonly path: string }
	/** Where the stretch begins in that file. */
	readonly fromByte: number
	/** Undefined: to its end. */
	readonly lengthBytes: number | undefined
	/** `wheel`: a whole wheel, of whose files only one is wanted, since its server cannot send a part. */
	readonly packing:
		| { readonly type: 'plain' }
		| { readonly type: 'deflate' }
		| { readonly type: 'wheel'; readonly path: string }
	/** Of the stretch as fetched, where known. */
	readonly sha256: string | undefined
	/** Bytes once unpacked, where known. */
	readonly unpackedBytes: number | undefined
}
