// What is checked of the Bicep files without a compiler. Each check takes all files that were read and gives problems as sentences.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { keysOf, propertyOf } from './bicepFile.mjs'
import { functionNames, typeNames } from './bicepNames.mjs'

const at = ({ file }, line) => `${file}:${line}`
const last = (name) => name.split('/').at(-1)

/** The grammar read every file to its end. */
export function syntax(files) {
  return files.flatMap((one) =>
    one.errors.map(({ line, text }) => `${at(one, line)} cannot be read near ${JSON.stringify(text)}`),
  )
}

/** What an expression names is declared in the same file, or is a function of the language. */
export function references(files) {
  return files.flatMap((one) => {
    const declared = new Set([...one.params, ...one.vars, ...one.resources, ...one.modules].map(({ name }) => name))
    const types = new Set([...typeNames, ...one.types.map(({ name }) => name)])
    return one.references.flatMap(({ name, line, isCall, isType }) => {
      const [known, what] = isCall ? [functionNames, 'function'] : isType ? [types, 'type'] : [declared, 'symbol']
      return known.has(name) || one.lambdaNames.has(name) ? [] : [`${at(one, line)} there is no ${what} "${name}"`]
    })
  })
}

/** Nothing is declared that its own file never uses. Outputs of modules: passing(). */
export function unused(files) {
  return files
    .filter(({ file }) => !file.endsWith('.bicepparam'))
    .flatMap((one) => {
      const used = new Set(one.references.map(({ name }) => name))
      const existing = one.resources.filter(({ isExisting }) => isExisting)
      return [...one.params, ...one.vars, ...one.types, ...existing]
        .filter(({ name }) => !used.has(name))
        .map(({ name, line }) => `${at(one, line)} "${name}" is declared and never used`)
    })
}

/** Each module gets what it asks for and nothing else; each output of a module is read by somebody; every module is called. */
export function passing(files) {
  const byName = new Map(files.map((one) => [path.resolve(one.file), one]))
  const called = new Set()
  const outputsRead = new Set()
  const problems = files.flatMap((caller) =>
    caller.modules.flatMap((module) => {
      const place = path.resolve(path.dirname(caller.file), module.path)
      const target = byName.get(place)
      if (!target) return [`${at(caller, module.line)} there is no module file ${module.path}`]
      called.add(place)
      const names = target.outputs.map(({ name }) => name)
      const asked = caller.references.filter(({ name, path: [first] }) => name === module.name && first === 'outputs')
      for (const {
        path: [, output],
      } of asked)
        outputsRead.add(`${place}#${output}`)
      return [
        ...target.params
          .filter(({ name, hasDefault }) => !hasDefault && !module.passed.includes(name))
          .map(({ name }) => `${at(caller, module.line)} module "${module.name}" does not get "${name}"`),
        ...module.passed
          .filter((name) => !target.params.some((param) => param.name === name))
          .map((name) => `${at(caller, module.line)} module "${module.name}" has no parameter "${name}"`),
        ...asked
          .filter(({ path: [, output] }) => !names.includes(output))
          .map(({ line, path: [, output] }) => `${at(caller, line)} module "${module.name}" has no output "${output}"`),
      ]
    }),
  )
  const modules = [...byName].filter(([, { file }]) => file.includes('modules/'))
  const uncalled = modules
    .filter(([place]) => !called.has(place))
    .map(([, { file }]) => `${file} is a module that nobody calls`)
  const unread = modules.flatMap(([place, one]) =>
    one.outputs
      .filter(({ name }) => called.has(place) && !outputsRead.has(`${place}#${name}`))
      .map(({ name, line }) => `${at(one, line)} nobody reads the output "${name}"`),
  )
  return [...problems, ...uncalled, ...unread]
}

/** The parameter file sets parameters that exist, and all that have no default. */
export function parameterFile(files) {
  return files
    .filter(({ file }) => file.endsWith('.bicepparam'))
    .flatMap((one) => {
      const using = /^using '(.+)'/m.exec(readFileSync(one.file, 'utf8'))?.[1] ?? ''
      const target = files.find(({ file }) => path.resolve(file) === path.resolve(path.dirname(one.file), using))
      if (!target) return [`${one.file} uses ${using || 'nothing'}, which is not there`]
      const set = one.vars.map(({ name }) => name)
      const missing = target.params.filter(({ name, hasDefault }) => !hasDefault && !set.includes(name))
      const unknown = one.vars.filter(({ name }) => !target.params.some((param) => param.name === name))
      return [
        ...missing.map(({ name }) => `${one.file} does not set "${name}", which has no default`),
        ...unknown.map(({ name, line }) => `${at(one, line)} there is no parameter "${name}"`),
      ]
    })
}

const secretName = /(password|secret|token|apikey|accesskey|signingkey|connectionstring)s?$/i

/** What sounds like a secret comes in as @secure(), without a default. */
export function secureParams(files) {
  return files.flatMap((one) =>
    one.params.flatMap(({ name, line, decorators, hasDefault }) => {
      const isSecure = decorators.some((decorator) => /^@(sys\.)?secure\(\)$/.test(decorator))
      if (isSecure) return hasDefault ? [`${at(one, line)} the secret "${name}" has a default`] : []
      return secretName.test(name) ? [`${at(one, line)} "${name}" sounds like a secret and is not @secure()`] : []
    }),
  )
}

/** An output is kept in the deployment's history, where everybody who may read the resource group reads it. */
export function outputSecrets(files) {
  return files.flatMap((one) => {
    const secure = one.params
      .filter(({ decorators }) => decorators.some((text) => text.includes('secure()')))
      .map(({ name }) => name)
    return one.outputs.flatMap(({ name, line, value }) => {
      const { text } = value
      const words = text.match(/\w+/g) ?? []
      const isKey =
        /\blist[A-Z]\w*\(|\b(primary|secondary)(Key|ConnectionString)\b|\bConnectionString\b|\b(instrumentation|shared|account)Key\b/i.test(
          text,
        )
      const names = words.filter((word) => secure.includes(word))
      return isKey || names.length > 0 || secretName.test(name)
        ? [`${at(one, line)} the output "${name}" holds a secret`]
        : []
    })
  })
}

/** Every type of resource stands in api-versions.md in the version that is used, and nothing else stands there. */
export function apiVersions(files, { folder }) {
  const page = path.join(folder, 'api-versions.md')
  if (!existsSync(page)) return [`${page} is missing`]
  const noted = new Set([...readFileSync(page, 'utf8').matchAll(/^\| `([^`]+)`/gm)].map(([, type]) => type))
  const used = new Map(
    files.flatMap((one) =>
      one.resources.map((resource) => [`${resource.resourceType}@${resource.version}`, at(one, resource.line)]),
    ),
  )
  return [
    ...[...used]
      .filter(([type]) => !noted.has(type))
      .map(([type, place]) => `${place} ${type} is not noted in ${last(page)}`),
    ...[...noted].filter((type) => !used.has(type)).map((type) => `${page} ${type} is noted and not used`),
  ]
}

/** Settings that the platform or the Functions host reads, beside those of the README's table. */
const platformSettings = new Set([
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsDisableHomepage',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
  'WEBSITE_AUTH_AAD_ALLOWED_TENANTS',
])

/** What Bicep sets as an app setting is read by somebody, and what the app cannot do without is set. */
export function appSettings(files, { readme }) {
  const known = settingsOf(readme)
  const problems = files.flatMap((one) =>
    one.resources
      .filter(
        ({ resourceType, body }) =>
          resourceType === 'Microsoft.Web/sites/config' && propertyOf(body, 'name')?.text === "'appsettings'",
      )
      .flatMap(({ body, line }) => {
        const names = settingNames(one, propertyOf(body, 'properties'))
        const required = [...known]
          .filter(([name, isRequired]) => isRequired && name !== 'AzureWebJobsStorage')
          .map(([name]) => name)
        const missing = required.filter((name) => !names.includes(name))
        if (!names.some((name) => /^AzureWebJobsStorage(__accountName|__tableServiceUri)?$/.test(name)))
          missing.push('AzureWebJobsStorage')
        return [
          ...names
            .filter((name) => !known.has(name) && !platformSettings.has(name))
            .map((name) => `${at(one, line)} nobody reads the app setting ${name}`),
          ...missing.map((name) => `${at(one, line)} the app setting ${name} is not set`),
        ]
      }),
  )
  return problems
}

/** Of the README's table "Setting": name, and whether it is required. test/repo/docs.test.ts keeps that table to what the code reads. */
function settingsOf(readme) {
  const rows = readFileSync(readme, 'utf8').matchAll(
    /^\| `((?:EASGATE|AzureWebJobs|AZURE|GRAPH|RELAY|FULL|QUICK)\w*)` +\| (\S+)/gm,
  )
  return new Map([...rows].map(([, name, fallback]) => [name, fallback === 'required']))
}

/** Keys of the objects that an expression is made of, here or in a variable. */
function settingNames(one, expression) {
  const own = expression.type === 'object' ? keysOf(expression) : []
  const named = expression.descendantsOfType('identifier').map(({ text }) => one.vars.find(({ name }) => name === text))
  const objects = named.filter((found) => found?.value.type === 'object')
  return [...new Set([...own, ...objects.flatMap(({ value }) => keysOf(value))])]
}
