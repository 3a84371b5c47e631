// Makes JSON text wrong in ways that values cannot express: cut at any byte, keys twice, numbers beyond every type, bytes
// that are not UTF-8, other encodings and codings. It does not know what the text means.

export interface MutatedBody {
	readonly bytes: Uint8Array
	/** Headers that replace those of the request. */
	readonly headers: readonly (readonly [name: string, value: string])[]
}

type Random = () => number

const numbers = [
	'1e999',
	'-1e999',
	'1e-999',
	'-0',
	'-0.0',
	'9007199254740993',
	'18446744073709551616',
	'-9223372036854775809',
	'1E400',
	'01',
	'+1',
	'.5',
	'1.',
	'0x10',
	'NaN',
	'Infinity',
	'-Infinity',
	'1_000',
	`1${'0'.repeat(400)}`,
	`0.${'0'.repeat(400)}1`,
]

const insertions = [
	'\u0000',
	'\\u0000',
	'\\ud800',
	'\\udc00\\ud800',
	'\\uD83D',
	'\u202e',
	'\u2028',
	'\ufeff',
	'\u001b[2J',
	'\\x41',
	'\\',
	'"',
	'\n',
	'{',
	'}',
	'[',
	']',
	',',
	':',
	'/*x*/',
	'//x\n',
	'null',
	'😀',
	'ﷺ'.repeat(500),
	'e\u0301\u0301\u0301'.repeat(50),
]

const names = [
	'__proto__',
	'constructor',
	'prototype',
	'toString',
	'toJSON',
	'then',
	'length',
	'hasOwnProperty',
	'',
	'0',
]

/** Bytes that no UTF-8 text has: lone continuation, overlong, surrogate, beyond U+10FFFF, cut sequence. */
const invalidBytes = [[0xff], [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0]]

const changes: readonly ((text: string, random: Random) => MutatedBody)[] = [
	(text, random) => plain(text.slice(0, at(text, random))),
	(text, random) => plain(text.slice(at(text, random))),
	(text, random) => plain(insert(text, random, pick(insertions, random))),
	(text, random) => plain(insert(text, random, String.fromCharCode(Math.floor(random() * 128)))),
	(text, random) => {
		const position = at(text, random)
		return plain(text.slice(0, position) + text.slice(position + 1 + Math.floor(random() * 3)))
	},
	(text, random) => plain(text + pick(['x', '{}', '\u0000', ']', ' '.repeat(5000), '\n\n', text], random)),
	(text, random) => plain(replaceOne(text, /(?<=[[:,])-?\d+(?:\.\d+)?(?=[,\]}])/g, pick(numbers, random), random)),
	(text, random) => plain(replaceOne(text, /"(?:[^"\\]|\\.)*"(?=[,\]}])/g, pick(numbers, random), random)),
	(text, random) => plain(replaceOne(text, /"[^"\\]*"(?=:)/g, JSON.stringify(pick(names, random)), random)),
	// A key twice: the first member again, at the end or the beginning, with another value.
	(text, random) => {
		const [member, key] = /("[^"\\]+"):(?:"[^"\\]*"|\d+|true|null)/.exec(text) ?? []
		if (member === undefined || key === undefined) return plain(text)
		const again = pick([member, `${key}:null`, `${key}:{"a":1}`, `"__proto__":{"${'x'}":1},${member}`], random)
		return plain(random() < 0.5 ? text.replace('{', () => `{${again},`) : text.replace(/\}$/, () => `,${again}}`))
	},
	(text, random) =>
		plain(insert(text, random, pick(['[', '{"a":', '[{"a":'], random).repeat(pick([20, 130, 3000], random)))),
	(text, random) => {
		const depth = pick([50, 127, 129, 2000], random)
		const deep = `${'['.repeat(depth)}1${']'.repeat(depth)}`
		return plain(replaceOne(text, /"(?:[^"\\]|\\.)*"(?=[,\]}])/g, deep, random))
	},
	(text, random) => {
		const bytes = Buffer.from(text)
		const position = Math.floor(random() * bytes.length)
		return {
			bytes: Buffer.concat([
				bytes.subarray(0, position),
				Buffer.from(pick(invalidBytes, random)),
				bytes.subarray(position),
			]),
			headers: [],
		}
	},
	(text, random) => {
		const bytes = Buffer.from(text)
		if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
		return { bytes, headers: [] }
	},
	(text) => ({ bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]), headers: [] }),
	(text) => ({
		bytes: Buffer.from(text, 'utf16le'),
		headers: [['content-type', 'application/json; charset=utf-16le']],
	}),
	(text, random) => ({ bytes: Buffer.from(text), headers: [['content-type', pick(contentTypes, random)]] }),
	(text, random) => ({ bytes: Buffer.from(text), headers: [['content-encoding', pick(codings, random)]] }),
	(text) => ({ bytes: Bun.gzipSync(Buffer.from(text)), headers: [['content-encoding', 'gzip']] }),
	// A small body of many bytes.
	() => ({ bytes: Bun.gzipSync(Buffer.alloc(2_000_000, 0x20)), headers: [['content-encoding', 'gzip']] }),
	(text) => plain(text.replaceAll(',', `,${' \n\t'.repeat(20)}`)),
	(text) => plain(text.replace(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)),
	() => plain(''),
]

const contentTypes = [
	'',
	'text/plain',
	'application/x-www-form-urlencoded',
	'multipart/form-data',
	'multipart/form-data; boundary=x',
	'multipart/form-data; boundary=',
	'application/json; charset=latin1',
	'application/json; charset="utf-8',
	'application/jsonx',
	'application/vnd.api+json',
	'application/xml',
	'APPLICATION/JSON',
	'a'.repeat(1000),
	'é',
]

const codings = ['', 'identity', 'gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x', 'chunked']

/** One change of the text. */
export function mutateText(text: string, random: Random): MutatedBody {
	return pick(changes, random)(text, random)
}

/** The text as it is. */
export function plain(text: string): MutatedBody {
	return { bytes: Buffer.from(text), headers: [] }
}

export function pick<Item>(items: readonly [Item, ...Item[]] | readonly Item[], random: Random): Item {
	return items[Math.floor(random() * items.length)] as Item
}

function at(text: string, random: Random): number {
	return Math.floor(random() * (text.length + 1))
}

function insert(text: string, random: Random, inserted: string): string {
	const position = at(text, random)
	return text.slice(0, position) + inserted + text.slice(position)
}

/** Replaces one of the matches. */
function replaceOne(text: string, form: RegExp, replacement: string, random: Random): string {
	const matches = [...text.matchAll(form)]
	if (matches.length === 0) return text
	const match = pick(matches, random)
	return text.slice(0, match.index) + replacement + text.slice(match.index + match[0].length)
}
