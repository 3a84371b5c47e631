// npm start: installs missing dependencies, then runs `dragoman serve` with the same arguments.

import { ownPackageManager } from '../bin/launchers.mjs'
import { installDependencies } from './dependencies.mjs'

// Before the installation, because npm may exit during it, and the server must not outlive npm.
ownPackageManager()
installDependencies({ dev: false })
process.argv.splice(2, 0, 'serve')
await import('../bin/dragoman.mjs')
