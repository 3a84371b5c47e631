// The part of the package that is used; it has no types.

declare module 'subset-font' {
	export default function subsetFont(
		font: Uint8Array,
		text: undefined,
		options: {
			readonly targetFormat: 'woff2'
			readonly keepAllGlyphs: true
			readonly variationAxes: Readonly<Record<string, { readonly min: number; readonly max: number }>>
		},
	): Promise<Uint8Array>
}
