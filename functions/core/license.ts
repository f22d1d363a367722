/** Whether a user has an Intune licence: our rule over Graph's assigned plans (facts D3). Pure. */

export interface AssignedPlan {
  readonly servicePlanId: string | null
  readonly capabilityStatus: string | null
}

/** `Warning` is the time after a subscription lapsed in which the service still works. */
const working: readonly (string | null)[] = ['Enabled', 'Warning']

/** True if one of the plans is among `planIds` (case ignored) and Enabled or Warning; Suspended, Deleted and LockedOut do not count. */
export function isLicensed(plans: readonly AssignedPlan[], planIds: readonly string[]): boolean {
  const wanted = planIds.map((id) => id.toLowerCase())
  return plans.some(
    ({ servicePlanId, capabilityStatus }) =>
      servicePlanId !== null && wanted.includes(servicePlanId.toLowerCase()) && working.includes(capabilityStatus),
  )
}
