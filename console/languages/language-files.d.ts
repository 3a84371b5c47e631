// A module of the build (scripts/page-languages.ts): the languages of this folder.

declare module 'virtual:languages' {
	export interface LanguageFile {
		readonly tag: string
		/** In the language itself. */
		readonly name: string
		readonly load: () => Promise<import('./en.ts').Language>
	}
	export const languageFiles: readonly LanguageFile[]
}
