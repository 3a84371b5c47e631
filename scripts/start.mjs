// npm start: installs what is missing, then serves. Arguments go to `dragoman serve`.

import { ownPackageManager } from '../bin/launchers.mjs'
import { installDependencies } from './dependencies.mjs'

// Before the installation: npm may be gone after it, and then the server must not stay.
ownPackageManager()
installDependencies({ dev: false })
process.argv.splice(2, 0, 'serve')
await import('../bin/dragoman.mjs')
