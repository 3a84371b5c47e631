// Icons of Lucide, and the mark.

import type { IconNode } from 'lucide'
import { createElement } from 'preact'

/** Decorative: the control around it has the label. */
export function Icon({ node }: { readonly node: IconNode }) {
	return (
		<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
			{node.map(([tag, attributes]) => createElement(tag, attributes))}
		</svg>
	)
}

/** An opening and a closing quotation mark that face each other. */
export function Mark() {
	return (
		<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
			<path
				class="mark-open"
				d="M14.6 3.5v12.1c0 6.1-3.6 10.6-9.7 12.4l-1-2.6c3.4-1.3 5.2-3.4 5.6-6.4H3V3.5z"
				transform="rotate(180 8.8 15.75)"
			/>
			<path class="mark-close" d="M29 3.9V16c0 6.1-3.6 10.6-9.7 12.4l-1-2.6c3.4-1.3 5.2-3.4 5.6-6.4h-6.5V3.9z" />
		</svg>
	)
}
