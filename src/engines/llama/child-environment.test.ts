import { expect, test } from 'bun:test'
import { engineEnvironment, npmEnvironment } from './child-environment.ts'

const passed = {
	...{ PATH: '/bin', HOME: '/home/a', TMPDIR: '/tmp', LANG: 'de_DE.UTF-8', LC_ALL: 'C', TZ: 'UTC' },
	...{ LD_LIBRARY_PATH: '/usr/lib', CUDA_VISIBLE_DEVICES: '0', NVIDIA_VISIBLE_DEVICES: 'all', VK_ICD_FILENAMES: 'a' },
	...{
		HIP_VISIBLE_DEVICES: '0',
		ROCR_VISIBLE_DEVICES: '0',
		HSA_OVERRIDE_GFX_VERSION: '10.3.0',
		GGML_METAL_NDEBUG: '1',
	},
	...{ XDG_RUNTIME_DIR: '/run/user/1', OMP_NUM_THREADS: '2', SystemRoot: 'C:' },
}
const secrets = {
	...{ DRAGOMAN_ADMIN_KEY: 's', DRAGOMAN_CONFIG: 's', OPENAI_API_KEY: 's', ANTHROPIC_API_KEY: 's', HF_TOKEN: 's' },
	...{ AWS_SECRET_ACCESS_KEY: 's', DATABASE_URL: 's', LLAMA_API_KEY: 's', LLAMA_ARG_API_KEY: 's', NVIDIA_API_KEY: 's' },
	...{ PGPASSWORD: 's', MY_OWN: 's', CUDA_SECRET: 's', SSH_AUTH_SOCK: 's', GITHUB_TOKEN: 's', AMD_PASSWORD: 's' },
}

test('the process of a model gets what drivers and programs need, and no key', () => {
	expect(engineEnvironment({ ...passed, ...secrets, NPM_TOKEN: 's', HTTPS_PROXY: 's' })).toEqual(passed)
})

test('npm also gets the settings of its registry and proxy, and no other key', () => {
	const npm = { NPM_TOKEN: 'n', npm_config_registry: 'http://r', HTTPS_PROXY: 'http://p', no_proxy: 'a' }
	const { CUDA_VISIBLE_DEVICES: _, ...environment } = npmEnvironment({ ...passed, ...secrets, ...npm })
	expect(environment).toMatchObject({ PATH: '/bin', ...npm })
	expect(Object.values(environment)).not.toContain('s')
})
