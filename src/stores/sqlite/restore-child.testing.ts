// A process that restores a backup and kills itself before one of the steps.
// Arguments: database, backup, folder for what is set aside, number of the step.

import { join } from 'node:path'
import { restoreSqlite } from './sqlite-restore.ts'

const [file = '', source = '', setAsideFolder = '', killAt = ''] = process.argv.slice(2)
let steps = 0
await restoreSqlite(file, source, {
	replace: true,
	setAsideFolder,
	ofState: [join(file, '..', 'streams')],
	ofDatabase: [],
	onStep() {
		if (++steps === Number(killAt)) process.kill(process.pid, 'SIGKILL')
	},
})
