// The addresses of the console. Its screens are not part of this version; what they will show is available to the operator on
// the server.

import { useEffect } from 'preact/hooks'
import { text } from './languages/all-sentences.ts'
import { SidebarOpener } from './sidebar/sidebar-opener.tsx'
import type { ConsoleScreen as ScreenName } from './state/route.ts'
import { pageTitle, serviceName } from './state/service.ts'

/** The command or the setting that shows the same. */
const commands: Readonly<Record<ScreenName, string>> = {
	overview: 'dragoman status',
	usage: 'dragoman usage',
	limits: 'dragoman.yaml: limits',
	keys: 'dragoman keys list',
}

export function ConsoleScreen({ screen }: { readonly screen: ScreenName }) {
	const words = text.value
	const title = {
		overview: words.consoleOverview,
		usage: words.consoleUsage,
		limits: words.consoleLimits,
		keys: words.consoleKeys,
	}[screen]
	useEffect(() => {
		document.title = pageTitle(title)
	}, [title, serviceName.value])
	return (
		<main id="content" class="main" tabIndex={-1}>
			<header class="top-bar">
				<div>
					<SidebarOpener />
					<h1>{title}</h1>
				</div>
				<div />
				<div />
			</header>
			<div class="talk">
				<div class="greeting">
					<h2>{title}</h2>
					<p>{words.consoleLater}</p>
					<p>
						<code>{commands[screen]}</code>
					</p>
				</div>
			</div>
		</main>
	)
}
