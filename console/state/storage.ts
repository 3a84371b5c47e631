// Storage of this tab and of this device. Browsers may refuse it (private windows, full storage): reads are then empty and
// writes have no effect.

export interface KeyedStorage {
	read(name: string): string | undefined
	/** Removes the entry if the value is undefined. @returns whether the browser did it. */
	write(name: string, value: string | undefined): boolean
	/** The names of all entries that begin with `prefix`. */
	names(prefix: string): readonly string[]
}

const keyOf = (name: string): string => `dragoman.${name}`

export const thisTab: KeyedStorage = storageOf(() => sessionStorage)
export const thisDevice: KeyedStorage = storageOf(() => localStorage)

/** Calls `changed` for each entry of this device that another tab changes, with what follows `prefix` in its name. */
export function followDevice(
	prefix: string,
	changed: (name: string, values: Pick<StorageEvent, 'oldValue' | 'newValue'>) => void,
	until?: AbortSignal,
): void {
	const start = keyOf(prefix)
	const receive = (event: StorageEvent) => {
		if (event.key?.startsWith(start)) changed(event.key.slice(start.length), event)
	}
	window.addEventListener('storage', receive, until === undefined ? {} : { signal: until })
}

function storageOf(open: () => Storage): KeyedStorage {
	return {
		read(name) {
			try {
				return open().getItem(keyOf(name)) ?? undefined
			} catch {
				return undefined
			}
		},
		write(name, value) {
			try {
				if (value === undefined) open().removeItem(keyOf(name))
				else open().setItem(keyOf(name), value)
				return true
			} catch {
				// The page works without storage; what would be stored is lost with the tab.
				return false
			}
		},
		names(prefix) {
			try {
				return Object.keys(open()).flatMap((key) =>
					key.startsWith(keyOf(prefix)) ? [key.slice(keyOf('').length)] : [],
				)
			} catch {
				return []
			}
		},
	}
}
