// A block of code: its language, copy, wrap. The colours come with a file of their own when the block is complete, slice by
// slice as they come into view.

import type { RootContent } from 'hast'
import { TextWrap } from 'lucide'
import { type ComponentChildren, createElement } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { IconButton } from '../parts/icon-button.tsx'
import { memo } from '../parts/memo.tsx'
import { type CodeSlice, sliceCode } from './code-slices.ts'

export interface CodeBlockProps {
	/** As written after the fence; may be empty or have further attributes. */
	readonly language: string
	readonly code: string
	/** Whether the code still grows. */
	readonly open: boolean
	/** What is copied, if not the code as shown. */
	readonly copied?: string
	/** Further controls of the bar. */
	readonly controls?: ComponentChildren
}

/** Longer lines have no colours: they are data, and would take more time than they help. */
const longestLine = 5000
const linePixels = 21

/** The name of the language after a fence, such as `python` of `Python {linenos}`. */
export const languageName = (language: string): string => /^[\w+#.-]{0,30}/.exec(language)?.[0] ?? ''

export function CodeBlock({ language, code, open, controls, copied = code }: CodeBlockProps) {
	const [wraps, setWraps] = useState(false)
	const slices = useRef<readonly CodeSlice[]>([])
	slices.current = sliceCode(code, slices.current)
	const name = languageName(language)
	const many = slices.current.length > 2
	return (
		<figure class="code">
			<div class="bar">
				<span class="language">{name === '' ? text.value.plainText : name}</span>
				<span class="space" />
				{controls}
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
				<code>
					{slices.current.map((slice, index) => (
						<Slice key={index} slice={slice} language={name} coloured={!open} contained={many && !wraps} />
					))}
				</code>
			</pre>
		</figure>
	)
}

interface SliceProps {
	readonly slice: CodeSlice
	readonly language: string
	readonly coloured: boolean
	/** Whether the slice is laid out only near the view. */
	readonly contained: boolean
}

const Slice = memo(
	SliceView,
	(former, next) =>
		former.slice === next.slice &&
		former.language === next.language &&
		former.coloured === next.coloured &&
		former.contained === next.contained,
)

function SliceView({ slice, language, coloured, contained }: SliceProps) {
	const element = useRef<HTMLSpanElement>(null)
	const content = useColours(slice.code, language, coloured, element)
	useLayoutEffect(() => {
		const style = element.current?.style
		if (style === undefined) return
		style.contentVisibility = contained ? 'auto' : ''
		style.containIntrinsicHeight = contained ? `${slice.lines * linePixels}px` : ''
	}, [contained, slice.lines])
	return (
		<span ref={element} class="slice">
			{content ?? slice.code}
		</span>
	)
}

/** The code as coloured elements, or undefined until it is complete, in view, and the colours are available. */
function useColours(
	code: string,
	language: string,
	wanted: boolean,
	element: { readonly current: Element | null },
): ComponentChildren {
	const [coloured, setColoured] = useState<{ readonly code: string; readonly content: readonly RootContent[] }>()
	useEffect(() => {
		const target = element.current
		if (!wanted || target === null || language === '' || code.split('\n').some(({ length }) => length > longestLine))
			return undefined
		let current = true
		const observer = new IntersectionObserver(
			([entry]) => {
				if (entry?.isIntersecting !== true) return
				observer.disconnect()
				void import('./highlight.ts')
					.then(({ highlight }) => highlight(language, code, () => current))
					.then((content) => {
						if (current && content !== undefined) setColoured({ code, content })
					})
					.catch(() => undefined)
			},
			{ rootMargin: '600px' },
		)
		observer.observe(target)
		return () => {
			current = false
			observer.disconnect()
		}
	}, [language, code, wanted])
	return coloured?.code === code && wanted ? coloured.content.map(renderNode) : undefined
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
