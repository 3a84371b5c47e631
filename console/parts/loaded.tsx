// A component whose code and styles are loaded when it is first shown.

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { waitForConnection } from '../state/connection.ts'
import { loadScreenStyles } from './style-sheets.ts'
import { showToast } from './toast.tsx'

/**
 * Renders nothing until the code has arrived. The first failure is shown as a toast; the component tries again as long
 * as it is shown.
 *
 * @param onFailure called after a failure, for what is open as long as it is shown.
 * @param Instead rendered after a failure.
 */
export function loaded<Properties extends object>(
	load: () => Promise<ComponentType<Properties>>,
	onFailure: () => void = () => undefined,
	Instead?: ComponentType<Properties> | undefined,
): ComponentType<Properties> {
	let component: ComponentType<Properties> | undefined
	return function Loaded(properties: Properties) {
		const [, setLoaded] = useState(component !== undefined)
		const [failed, setFailed] = useState(false)
		useEffect(() => {
			const ending = new AbortController()
			void loadFor(ending.signal)
			return () => ending.abort()
		}, [])
		const loadFor = async (shown: AbortSignal) => {
			for (let attempt = 0; component === undefined && !shown.aborted; attempt++) {
				try {
					;[component] = await Promise.all([load(), loadScreenStyles()])
				} catch {
					if (attempt === 0) {
						setFailed(true)
						onFailure()
						showToast({ text: text.value.serverNotReached })
					}
					await waitForConnection(attempt, shown)
				}
			}
			setLoaded(true)
		}
		const Found = component ?? (failed ? Instead : undefined)
		return Found === undefined ? null : <Found {...properties} />
	}
}
