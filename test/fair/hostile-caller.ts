// The hostile caller, in a process of its own so that it does not slow the polite one: repeats each of its attacks without a pause until it
// is ended. Arguments: URL, key, names of attacks.

import { attacks, isAttack } from './attacks.ts'

const [url = '', key = '', ...names] = process.argv.slice(2)
const { signal } = new AbortController()

async function repeat(name: string): Promise<void> {
	if (!isAttack(name)) throw new Error(`no attack '${name}'`)
	for (;;) {
		await attacks[name]({ url, key, signal })
		// Attacks that are refused immediately must not occupy the machine.
		await Bun.sleep(20)
	}
}

process.stdout.write('started\n')
await Promise.all(names.map(repeat))
