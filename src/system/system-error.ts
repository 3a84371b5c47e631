// Describes failures of the operating system: which operation failed, on which path, and why.

const actions: Readonly<Record<string, string>> = {
	mkdir: 'create the folder',
	mkdtemp: 'create a folder in',
	open: 'open',
	read: 'read',
	write: 'write to',
	unlink: 'remove',
	rm: 'remove',
	rmdir: 'remove the folder',
	rename: 'rename',
	copyfile: 'copy',
	stat: 'look at',
	lstat: 'look at',
	scandir: 'list the folder',
	chmod: 'change the mode of',
}

const reasons: Readonly<Record<string, string>> = {
	EACCES: 'permission denied',
	EPERM: 'not permitted',
	EROFS: 'the file system is read-only',
	ENOSPC: 'no space left on the device',
	EDQUOT: 'the disk quota is used up',
	EEXIST: 'a file with this name is in the way',
	ENOTDIR: 'part of the path is a file, not a folder',
	EISDIR: 'it is a folder, not a file',
	ENOENT: 'no such file or folder',
	ELOOP: 'too many symbolic links',
	ENAMETOOLONG: 'the name is too long',
	EMFILE: 'this process has too many open files (raise its limit, ulimit -n)',
	ENFILE: 'the system has too many open files',
	EIO: 'the device failed',
}

/** One sentence without a final period; the error's own message if it is not a failure of a system call. */
export function describeSystemError(error: Error): string {
	const { code, syscall, path } = error as NodeJS.ErrnoException
	const action = actions[syscall ?? '']
	const reason = reasons[code ?? '']
	if (code === 'ENOENT' && /\b(uv_cwd|getcwd)\b/.test(`${syscall} ${error.message}`))
		return 'the working directory no longer exists: change to another one first'
	if (reason === undefined) return error.message
	if (action === undefined || path === undefined) return `${reason} (${error.message})`
	return `cannot ${action} ${path}: ${reason}`
}

/** Why a file that the operator named cannot be read, as part of a message about its field. */
export function describeReadFailure(file: string, thrown: unknown): string {
	const code: unknown = Reflect.get(Object(thrown), 'code')
	switch (code) {
		case 'ENOENT':
		case 'ENOTDIR':
			return `the file ${file} does not exist`
		case 'EISDIR':
			return `${file} is a folder, not a file`
		case 'EACCES':
		case 'EPERM':
			return `this user has no permission to read the file ${file}: check its owner and mode`
		default:
			return `the file ${file} cannot be read: ${reasons[String(code)] ?? (thrown instanceof Error ? thrown.message : String(thrown))}`
	}
}
