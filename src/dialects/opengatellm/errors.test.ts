import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { ChatError, chatErrorKinds } from '../../chat/error.ts'
import { writeError } from './errors.ts'

const page = await Bun.file(join(import.meta.dir, '..', '..', '..', 'docs', 'opengatellm.md')).text()
const rows = page.split('## Errors')[1]?.matchAll(/^\| (`.+`) \| (\d{3}) \| (.+) \|$/gm) ?? []
const documented = new Map(
	Array.from(rows).flatMap(([, kinds = '', status, detail = '']) =>
		Array.from(kinds.matchAll(/[\w-]+/g), ([kind]) => [kind, [Number(status), detail] as const] as const),
	),
)

for (const kind of chatErrorKinds)
	test(`${kind} is answered as documented`, () => {
		const { status, body } = writeError(new ChatError(kind, 'our own words', { param: 'a.b' }))
		const { detail } = JSON.parse(JSON.stringify(body))
		const [expected, how = ''] = documented.get(kind) ?? []
		expect(status).toBe(expected ?? 0)
		const text = how === 'text' ? 'our own words' : /`(.+?)`/.exec(how)?.[1]
		expect(detail).toEqual(
			how === 'list' ? [{ loc: ['body', 'a', 'b'], msg: 'our own words', type: 'value_error' }] : text,
		)
	})
