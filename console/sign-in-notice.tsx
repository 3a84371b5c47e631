// The operator's notice: in the language of the page, and facing it in another one, if there is one. Each hangs on the quotation
// mark of its language.

import { useEffect, useState } from 'preact/hooks'
import { languages, text } from './languages/languages.ts'
import { Markdown } from './markdown/markdown.tsx'
import { type FacingNotice, facingNotices } from './state/facing-notices.ts'

export function SignInNotice({ notice }: { readonly notice: Readonly<Record<string, string>> }) {
	return facingNotices(notice, text.value.tag).map((one) => <NoticeColumn key={one.tag} notice={one} />)
}

function NoticeColumn({ notice: { tag, markdown } }: { readonly notice: FacingNotice }) {
	const words = text.value
	const language = tag.split('-')[0]
	const [mark, setMark] = useState(language === words.tag ? words.openingQuote : '')
	useEffect(() => {
		const file = languages.find((one) => one.tag === language)
		// A language that the page does not have gets the mark of the page's.
		const load = file === undefined ? Promise.resolve(words) : file.load()
		load.then(
			({ openingQuote }) => setMark(openingQuote),
			() => setMark(words.openingQuote),
		)
	}, [language])
	return (
		<section lang={tag}>
			<span class="hanging-mark" aria-hidden="true">
				{mark}
			</span>
			<Markdown source={markdown} open={false} />
		</section>
	)
}
