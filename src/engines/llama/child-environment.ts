// The environment of child processes: a list of what they need, so that the keys of the operator and of providers in
// this program's environment do not reach a process that parses files of strangers.

type ProcessVariables = Readonly<Record<string, string | undefined>>

/** For every program: files, language, libraries. Windows compares names without case. */
const everyProgram =
	/^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TEMP|TMP|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|LD_LIBRARY_PATH|DYLD_(?:FALLBACK_)?LIBRARY_PATH|XDG_(?:CACHE|CONFIG|DATA|RUNTIME)_(?:HOME|DIR|DIRS)|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES(?:\(X86\))?|NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE)$/i

/** For GPU drivers, llama.cpp and the thread libraries that it uses. */
const computation =
	/^(?:CUDA|NVIDIA|NV|GGML|LLAMA|VK|VULKAN|HIP|ROCR|ROCM|HSA|AMD|GPU|ONEAPI|SYCL|ZE|MESA|DRI|MTL|METAL|OMP|KMP|GOMP|OPENBLAS|MKL|BLIS|MALLOC|MIMALLOC)_[A-Z0-9_]+$/

/** For npm: registries, proxies and certificates. */
const installation =
	/^(?:npm_config_[a-z0-9_:/.-]+|npm_execpath|NPM_TOKEN|NODE_AUTH_TOKEN|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|SSL_CERT_(?:FILE|DIR)|(?:HTTPS?|ALL|NO)_PROXY)$/i

const secret = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH/i

/** Of the process that runs a model. */
export function engineEnvironment(environment: ProcessVariables): ProcessVariables {
	return select(environment, (name) => everyProgram.test(name) || (computation.test(name) && !secret.test(name)))
}

/** Of npm, which may need the credentials of its registry and of a proxy. */
export function npmEnvironment(environment: ProcessVariables): ProcessVariables {
	return select(environment, (name) => everyProgram.test(name) || installation.test(name))
}

function select(environment: ProcessVariables, isPassed: (name: string) => boolean): ProcessVariables {
	return Object.fromEntries(Object.entries(environment).filter(([name]) => isPassed(name)))
}
