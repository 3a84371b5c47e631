// Links in answers. They open in a new tab and show their full address; addresses that could run something, and those of the
// page itself, are text.

import type { ComponentChildren } from 'preact'

const safeSchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])

/** The address as the browser understands it, or undefined if the scheme is none that only leads to another page. */
export function safeAddress(address: string): string | undefined {
	if (!URL.canParse(address)) return undefined
	const { protocol, href } = new URL(address)
	return safeSchemes.has(protocol) ? href : undefined
}

export function Link({ address, children }: { readonly address: string; readonly children: ComponentChildren }) {
	const safe = safeAddress(address)
	if (safe === undefined) return <>{children}</>
	return (
		<a href={safe} title={safe} target="_blank" rel="noopener noreferrer">
			{children}
		</a>
	)
}
