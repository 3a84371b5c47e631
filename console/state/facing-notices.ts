// Which languages of a notice a reader sees: the own one, and one that faces it.

export interface FacingNotice {
	/** The tag of its language. */
	readonly tag: string
	readonly markdown: string
}

/** At most two: first the one in the language of the page, if there is one, then the others in the operator's order. */
export function facingNotices(notice: Readonly<Record<string, string>>, language: string): readonly FacingNotice[] {
	const all = Object.entries(notice).map(([tag, markdown]) => ({ tag, markdown }))
	const own = all.find(({ tag }) => tag === language) ?? all.find(({ tag }) => tag.split('-')[0] === language)
	const others = all.filter((one) => one !== own)
	return own === undefined ? others.slice(0, 2) : [own, ...others.slice(0, 1)]
}
