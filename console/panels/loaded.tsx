// A component whose code is loaded when it is first shown.

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Renders nothing until the code has arrived. */
export function loaded<Properties extends object>(
	load: () => Promise<ComponentType<Properties>>,
): ComponentType<Properties> {
	let component: ComponentType<Properties> | undefined
	return function Loaded(properties: Properties) {
		const [, setLoaded] = useState(component !== undefined)
		useEffect(() => {
			if (component !== undefined) return
			void load().then((found) => {
				component = found
				setLoaded(true)
			})
		}, [])
		const Found = component
		return Found === undefined ? null : <Found {...properties} />
	}
}
