/** Step: the account may use the cmdlets and parameters that easgate needs. */
import { permissionLine, permissionReport } from '../permissions/permissionReport.ts'
import { bad, good, known, warning, type CheckContext, type Finding } from './checkStep.ts'

const remedy = 'Run New-EasgateRoleGroup.ps1 in the Exchange Management Shell, and add the account to the role group.'

/*
 * missing                  | finding
 * it could not be found out | bad
 * something needed          | bad: each with its consequence and role
 * something optional        | warning
 * nothing                   | good
 */
export async function checkPermissionsStep(context: CheckContext): Promise<Finding> {
  const { missing, failure } = await permissionReport(known(context, 'exchange'), known(context, 'config'), Date.now)
  if (failure) return bad(`the account's cmdlets could not be listed: ${failure.message}`)
  const needed = missing.filter(({ severity }) => severity === 'needed')
  if (needed.length > 0) return bad(needed.map(permissionLine).join('. '), remedy)
  if (missing.length > 0) return warning(missing.map(permissionLine).join('. '), remedy)
  return good('the account may use every cmdlet and parameter that easgate needs')
}
