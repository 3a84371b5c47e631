// npm start: installs what is missing, then serves. Arguments go to `dragoman serve`.

import { installDependencies } from './dependencies.mjs'

installDependencies({ dev: false })
process.argv.splice(2, 0, 'serve')
await import('../bin/dragoman.mjs')
