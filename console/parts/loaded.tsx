// A component whose code is loaded when it is first shown.

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { showToast } from './toast.tsx'

/**
 * Renders nothing until the code has arrived. A failure is shown as a toast; the component tries again when it is shown again.
 *
 * @param onFailure called after a failure, for what is open as long as it is shown.
 */
export function loaded<Properties extends object>(
	load: () => Promise<ComponentType<Properties>>,
	onFailure: () => void = () => undefined,
): ComponentType<Properties> {
	let component: ComponentType<Properties> | undefined
	return function Loaded(properties: Properties) {
		const [, setLoaded] = useState(component !== undefined)
		useEffect(() => {
			if (component !== undefined) return
			load().then(
				(found) => {
					component = found
					setLoaded(true)
				},
				() => {
					onFailure()
					showToast({ text: text.value.serverNotReached })
				},
			)
		}, [])
		const Found = component
		return Found === undefined ? null : <Found {...properties} />
	}
}
