// Storage of this tab and of this device. Browsers may refuse it (private windows, full storage): reads are then empty and
// writes have no effect.

export interface KeyedStorage {
	read(name: string): string | undefined
	/** Removes the entry if the value is undefined. @returns whether the browser did it. */
	write(name: string, value: string | undefined): boolean
	/** The names of all entries that begin with `prefix`. */
	names(prefix: string): readonly string[]
}

export const thisTab: KeyedStorage = storageOf(() => sessionStorage)
export const thisDevice: KeyedStorage = storageOf(() => localStorage)

function storageOf(open: () => Storage): KeyedStorage {
	return {
		read(name) {
			try {
				return open().getItem(`dragoman.${name}`) ?? undefined
			} catch {
				return undefined
			}
		},
		write(name, value) {
			try {
				if (value === undefined) open().removeItem(`dragoman.${name}`)
				else open().setItem(`dragoman.${name}`, value)
				return true
			} catch {
				// The page works without storage; what would be stored is lost with the tab.
				return false
			}
		},
		names(prefix) {
			try {
				return Object.keys(open()).flatMap((key) =>
					key.startsWith(`dragoman.${prefix}`) ? [key.slice('dragoman.'.length)] : [],
				)
			} catch {
				return []
			}
		},
	}
}
