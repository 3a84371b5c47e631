// A byte range to fetch and its packing: the form that every source resolves to. Plain data.

import type { RemoteFile } from './remote-file.ts'

export interface DownloadPart {
	readonly from:
		| { readonly type: 'remote'; readonly file: RemoteFile }
		| { readonly type: 'local'; readonly path: string }
	/** Offset of the range in that file. */
	readonly fromByte: number
	/** Undefined means up to the end of the file. */
	readonly lengthBytes: number | undefined
	/** `wheel`: a whole wheel of which a single file is needed, because its server does not support range requests. */
	readonly packing:
		| { readonly type: 'plain' }
		| { readonly type: 'deflate' }
		| { readonly type: 'wheel'; readonly path: string }
	/** Of the range as fetched, if known. */
	readonly sha256: string | undefined
	/** Size after unpacking in bytes, if known. */
	readonly unpackedBytes: number | undefined
}
