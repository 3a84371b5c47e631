import { expect, test } from 'bun:test'
import { checkLength } from './file-sizes.ts'

const lines = (count: number) => 'let a\n'.repeat(count)

test('a file of 300 lines passes, a longer one does not', () => {
	expect(checkLength('a.ts', lines(300))).toBeUndefined()
	expect(checkLength('a.ts', lines(301))).toBe(
		'a.ts: 301 lines: divide it, or give the reason in its first comment ("Long because …")',
	)
})

test('a longer file passes if its first comment states the reason', () => {
	const reason = '// Long because its parts share one state.\n'
	expect(checkLength('a.ts', `// What it is.\n${reason}${lines(300)}`)).toBeUndefined()
	expect(checkLength('a.mjs', `#!/usr/bin/env node\n${reason}${lines(300)}`)).toBeUndefined()
	expect(checkLength('a.ts', `${lines(300)}${reason}`)).toBeDefined()
	expect(checkLength('a.ts', `// Long because\n${lines(300)}`)).toBeDefined()
})
