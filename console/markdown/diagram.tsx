// A Mermaid diagram: its code first, drawn when the block is complete and in view. The drawing is a picture, in which nothing
// can run.

import { Code, Workflow } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { text } from '../languages/languages.ts'
import { IconButton } from '../parts/icon-button.tsx'
import { Picture } from '../parts/picture.tsx'
import { CodeBlock } from './code-block.tsx'
import type { Drawing } from './draw-diagram.ts'

export interface DiagramProps {
	readonly code: string
	/** Whether the code still grows. */
	readonly open: boolean
}

export function Diagram({ code, open }: DiagramProps) {
	const element = useRef<HTMLDivElement>(null)
	const [showsCode, setShowsCode] = useState(false)
	const drawing = useDrawing(code, open, element)
	const words = text.value
	const drawn = drawing !== undefined && drawing !== 'failed'
	const toggle = drawn ? (
		<IconButton
			small
			node={showsCode ? Workflow : Code}
			label={showsCode ? words.showDiagram : words.showDiagramCode}
			onClick={() => setShowsCode(!showsCode)}
		/>
	) : null
	return (
		<div ref={element} class="diagram">
			{drawn && !showsCode ? (
				<figure class="code">
					<div class="bar">
						<span class="language">mermaid</span>
						<span class="space" />
						{toggle}
					</div>
					<Picture
						url={drawing.url}
						label={words.diagram}
						fileName="diagram.svg"
						size={{ width: drawing.width, height: drawing.height }}
					/>
				</figure>
			) : (
				<>
					<CodeBlock language="mermaid" code={code} open={open} controls={toggle} />
					{drawing === 'failed' && <p class="muted small-note">{words.diagramInvalid}</p>}
				</>
			)}
		</div>
	)
}

/** Undefined until the diagram is drawn. It is drawn again if the theme changes. */
function useDrawing(
	code: string,
	open: boolean,
	element: { readonly current: Element | null },
): Drawing | 'failed' | undefined {
	const [drawing, setDrawing] = useState<Drawing | 'failed'>()
	const dark = useDark()
	useEffect(() => {
		const target = element.current
		if (open || target === null) return undefined
		let current = true
		let made: Drawing | undefined
		const observer = new IntersectionObserver(
			([entry]) => {
				if (entry?.isIntersecting !== true) return
				observer.disconnect()
				void import('./draw-diagram.ts')
					.then(({ drawDiagram }) => drawDiagram(code, dark))
					.then(
						(result) => {
							made = result
							if (current) setDrawing(result)
							else URL.revokeObjectURL(result.url)
						},
						() => current && setDrawing('failed'),
					)
			},
			{ rootMargin: '200px' },
		)
		observer.observe(target)
		return () => {
			current = false
			observer.disconnect()
			if (made !== undefined) URL.revokeObjectURL(made.url)
		}
	}, [code, open, dark])
	return open ? undefined : drawing
}

function useDark(): boolean {
	const isDark = () => document.documentElement.dataset.theme === 'dark'
	const [dark, setDark] = useState(isDark)
	useEffect(() => {
		const observer = new MutationObserver(() => setDark(isDark()))
		observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
		return () => observer.disconnect()
	}, [])
	return dark
}
