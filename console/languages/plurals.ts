// Sentences with a count, by the plural rules of a language.

export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & {
	/** For every category that has no form of its own. */
	readonly other: string
}

/** @returns a function that chooses the form for a count and writes the count where the form has `#`. */
export function pluralsOf(tag: string): (count: number, forms: PluralForms) => string {
	// Made when first needed: browsers take milliseconds for each.
	let rules: Intl.PluralRules | undefined
	let numbers: Intl.NumberFormat | undefined
	return (count, forms) => {
		rules ??= new Intl.PluralRules(tag)
		numbers ??= new Intl.NumberFormat(tag)
		return (forms[rules.select(count)] ?? forms.other).replace('#', numbers.format(count))
	}
}
