// A component that is rendered again only if its properties change what it shows. Signals that it reads update it in any case.
// preact/compat has this too, with 3 kB of other code.

import { Component, type ComponentType, type FunctionComponent } from 'preact'

/** @param areEqual whether the component shows the same with both properties. */
export function memo<Properties extends object>(
	Of: FunctionComponent<Properties>,
	areEqual: (former: Properties, next: Properties) => boolean,
): ComponentType<Properties> {
	return class Memo extends Component<Properties> {
		override shouldComponentUpdate(next: Properties): boolean {
			return !areEqual(this.props, next)
		}
		override render() {
			return <Of {...this.props} />
		}
	}
}
