// The language of a text, if it is certain: a screen reader then changes its voice. Few words, or words of several languages,
// have none.

/** Scripts that one language alone writes, tested in this order. */
const scripts: readonly (readonly [RegExp, string])[] = [
	[/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
	[/\p{Script=Hangul}/gu, 'ko'],
	[/\p{Script=Han}/gu, 'zh'],
	[/\p{Script=Greek}/gu, 'el'],
	[/\p{Script=Hebrew}/gu, 'he'],
	[/\p{Script=Thai}/gu, 'th'],
]

/** The most frequent words of a language, without those that another one has with the same spelling. */
const frequentWords: Readonly<Record<string, string>> = {
	en: 'the of and to is that it for was with you this are have be not which they from by',
	fr: 'le les des et est une du dans pour qui que pas sur au ce il vous avec sont nous',
	de: 'der die und das ist nicht ein eine zu den mit von auf für dem sich auch sie wird im',
	es: 'el los las y es una del por que con para como su lo pero más al este son',
	it: 'il di e che è una per non con sono del gli della si più anche questo nel alla',
	pt: 'o os e é uma do da para não com em mais por dos como ao são na você seu',
	nl: 'de het een van en is dat niet te op zijn voor met die aan er ook maar bij',
}

/** Longer texts are judged by their beginning, in characters. */
const judgedCharacters = 4000
const [leastWords, leastShare, leastLead] = [12, 0.15, 2]

let byWord: ReadonlyMap<string, readonly string[]> | undefined

function languagesByWord(): ReadonlyMap<string, readonly string[]> {
	const languages = new Map<string, string[]>()
	for (const [language, words] of Object.entries(frequentWords))
		for (const word of words.split(' ')) languages.set(word, [...(languages.get(word) ?? []), language])
	return languages
}

/** @returns a BCP 47 tag, or undefined. */
export function languageOf(text: string): string | undefined {
	const judged = text.slice(0, judgedCharacters).replace(/```[\s\S]*?(?:```|$)/g, '')
	const letters = judged.match(/\p{L}/gu)?.length ?? 0
	for (const [script, language] of scripts)
		if ((judged.match(script)?.length ?? 0) > letters * (language === 'ja' ? 0.1 : 0.5)) return language
	const words = judged.toLowerCase().match(/\p{Script=Latin}+/gu) ?? []
	if (words.length < leastWords) return undefined
	byWord ??= languagesByWord()
	const counts = new Map<string, number>()
	for (const word of words)
		for (const language of byWord.get(word) ?? []) counts.set(language, (counts.get(language) ?? 0) + 1)
	const [first, second] = [...counts].sort(([, one], [, other]) => other - one)
	if (first === undefined || first[1] < words.length * leastShare) return undefined
	return first[1] >= leastLead * (second?.[1] ?? 0) ? first[0] : undefined
}
