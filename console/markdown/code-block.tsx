// A block of code: its language, copy, wrap. The colours come with a file of their own when the first block is complete.

import type { RootContent } from 'hast'
import { TextWrap } from 'lucide'
import { type ComponentChildren, createElement } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconButton } from '../parts/icon-button.tsx'

export interface CodeBlockProps {
	/** As written after the fence; may be empty or have further attributes. */
	readonly language: string
	readonly code: string
	/** Whether the code still grows. */
	readonly open: boolean
	/** What is copied, if not the code as shown. */
	readonly copied?: string
}

/** Longer code stays without colours: they would take more time than they help. */
const longestHighlighted = 200_000

export function CodeBlock({ language, code, open, copied = code }: CodeBlockProps) {
	const [wraps, setWraps] = useState(false)
	const name = /^[\w+#.-]*/.exec(language)?.[0] ?? ''
	const tokens = useHighlighted(name, code, open)
	return (
		<figure class="code">
			<div class="bar">
				<span>{name === '' ? text.value.plainText : name}</span>
				<span class="space" />
				<IconButton
					small
					node={TextWrap}
					label={text.value.wrapLines}
					aria-pressed={wraps}
					onClick={() => setWraps(!wraps)}
				/>
				<CopyButton label={text.value.copyCode} content={() => copied} />
			</div>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable with the keyboard */}
			<pre class={wraps ? 'wrap' : ''} tabIndex={0}>
				<code>{tokens ?? code}</code>
			</pre>
		</figure>
	)
}

/** The code as coloured elements, or undefined until they are available. */
function useHighlighted(name: string, code: string, open: boolean): ComponentChildren {
	const [tree, setTree] = useState<{ readonly code: string; readonly content: readonly RootContent[] }>()
	useEffect(() => {
		if (open || code.length > longestHighlighted) return undefined
		let current = true
		void import('./highlight.ts').then(({ highlight }) => {
			const content = highlight(name, code)
			if (current && content !== undefined) setTree({ code, content })
		})
		return () => {
			current = false
		}
	}, [name, code, open])
	return tree?.code === code && !open ? tree.content.map(renderNode) : undefined
}

function renderNode(node: RootContent): ComponentChildren {
	if (node.type === 'text') return node.value
	if (node.type !== 'element') return null
	const { className } = node.properties
	return createElement(
		'span',
		{ class: Array.isArray(className) ? className.join(' ') : undefined },
		node.children.map(renderNode),
	)
}
