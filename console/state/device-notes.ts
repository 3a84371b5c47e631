// Notes on this device about what its person has deleted. Each has the account of the session: another person of this device has
// other conversations. A note that the browser refuses to store lasts as long as the page.

import { session } from './session.ts'
import { followDevice, thisDevice } from './storage.ts'

const account = (): string => session.peek().key.slice(-6)

export class DeviceNotes {
	private readonly prefix: string
	/** The accounts of the notes that could not be stored, by their names. */
	private readonly unstored = new Map<string, string>()

	constructor(prefix: string) {
		this.prefix = prefix
	}

	add(name: string): void {
		if (!thisDevice.write(this.prefix + name, account())) this.unstored.set(name, account())
	}

	remove(name: string): void {
		thisDevice.write(this.prefix + name, undefined)
		this.unstored.delete(name)
	}

	/** Whether the session's account has the note: another tab may have removed it. */
	has(name: string): boolean {
		return (thisDevice.read(this.prefix + name) ?? this.unstored.get(name)) === account()
	}

	/**
	 * Calls `changed` with the name of each note of the session's account that another tab adds or removes, once that has arrived
	 * here: messages between tabs may arrive earlier.
	 */
	followOtherTabs(changed: (name: string, isNoted: boolean) => void, until?: AbortSignal): void {
		followDevice(
			this.prefix,
			(name, { oldValue, newValue }) => {
				if ((newValue ?? oldValue) === account()) changed(name, newValue !== null)
			},
			until,
		)
	}

	/** Those of the session's account. */
	get names(): readonly string[] {
		const stored = thisDevice.names(this.prefix).map((name) => name.slice(this.prefix.length))
		return [...new Set([...stored, ...this.unstored.keys()])].filter((name) => this.has(name))
	}
}
