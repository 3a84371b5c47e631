import { expect, test } from 'bun:test'
import { languageOf } from './text-language.ts'

const samples: Readonly<Record<string, string>> = {
	en: 'The patient was admitted with a fever, and the team decided that this is not an infection which they have to treat.',
	fr: 'Le patient est arrivé avec une fièvre, et l’équipe a décidé que ce n’est pas une infection qui se traite dans le service.',
	de: 'Der Patient ist mit Fieber gekommen, und das Team hat entschieden, dass die Infektion nicht mit einem Mittel zu behandeln ist.',
	es: 'El paciente llegó con fiebre y el equipo decidió que la infección es una de las que no se tratan con los medios del hospital.',
	it: 'Il paziente è arrivato con la febbre e il gruppo ha deciso che non è una delle infezioni che si trattano per via orale.',
	pt: 'O paciente chegou com febre e a equipe decidiu que não é uma infecção para tratar com os meios do hospital, mas em casa.',
	nl: 'De patiënt is met koorts gekomen en het team heeft besloten dat het niet een infectie is die met een middel te behandelen is.',
	el: 'Ο ασθενής ήρθε με πυρετό.',
	ja: '患者は熱があって来ました。',
	zh: '病人因发烧入院。',
	ko: '환자는 열이 나서 왔습니다.',
}

for (const [language, text] of Object.entries(samples))
	test(`recognizes ${language}`, () => expect(languageOf(text)).toBe(language))

test('is undefined if it is not certain', () => {
	for (const text of [
		'',
		'Oui, merci.',
		'word '.repeat(100),
		`${samples.en} ${samples.fr}`,
		'```js\nconst the = of(and, to, is, that, it, for_, was, with_, you, the, of, and, to)\n```',
		'1 2 3 4 5 6 7 8 9 10 11 12 13',
	])
		expect([text, languageOf(text)]).toEqual([text, undefined])
})
