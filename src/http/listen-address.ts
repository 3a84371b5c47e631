// The two forms of an address to listen on: `host:port`, and `unix:` with the path of a Unix socket.

const scheme = 'unix:'

/** Longer paths do not fit into a socket address: 108 bytes on Linux and 104 on macOS, including the final zero. */
const maxSocketPathBytes = process.platform === 'darwin' ? 103 : 107

/** The absolute path of the Unix socket; undefined for `host:port`. */
export function socketPathOf(listen: string): string | undefined {
	return listen.startsWith(scheme) ? listen.slice(scheme.length) : undefined
}

/** Why a server cannot listen on a path; undefined if it can. */
export function socketPathProblem(path: string): string | undefined {
	if (!path.startsWith('/') || path.endsWith('/'))
		return `${JSON.stringify(scheme + path)} is not the absolute path of a socket: write unix:/run/dragoman/dragoman.sock`
	if (path.includes('\0')) return 'the path of a socket contains a zero byte'
	const bytes = Buffer.byteLength(path)
	return bytes > maxSocketPathBytes
		? `the path of the socket is ${bytes} bytes long: the system permits ${maxSocketPathBytes}`
		: undefined
}
