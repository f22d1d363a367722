<#
.SYNOPSIS
Grants the identity of easgate the application permissions of Microsoft Graph that it needs. All of them read; none writes.
.DESCRIPTION
The alternative to grantGraphPermissions in infra/main.bicepparam, for the case that somebody else may grant. Needs the Azure CLI, signed in (az login)
as a Privileged Role Administrator or Global Administrator. Windows PowerShell 5.1 or PowerShell 7. Run again, it grants what is missing.
.PARAMETER PrincipalId
Object id of the managed identity: the output AZURE_IDENTITY_PRINCIPAL_ID of the deployment.
.PARAMETER SignInLog
AuditLog.Read.All, too: for deviceProof signInLog alone (docs/activation.md).
.EXAMPLE
.\Grant-GraphPermissions.ps1 -PrincipalId 11111111-2222-3333-4444-555555555555 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')]
    [string] $PrincipalId,

    [switch] $SignInLog,

    [string] $Graph = 'https://graph.microsoft.com'
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# As in modules/graphPermissions.bicep, which says what each is for
$permissions = @('User.Read.All', 'GroupMember.Read.All', 'Device.Read.All', 'DeviceManagementManagedDevices.Read.All')
if ($SignInLog) { $permissions += 'AuditLog.Read.All' }

function Invoke-Graph {
    param([string] $Method, [string] $Path, $Body)
    $arguments = @('rest', '--method', $Method, '--url', "$Graph/v1.0/$Path", '--output', 'json')
    $file = $null
    try {
        if ($null -ne $Body) {
            # By a file: Windows PowerShell 5.1 takes the quotes out of an argument
            $file = [System.IO.Path]::GetTempFileName()
            [System.IO.File]::WriteAllText($file, (ConvertTo-Json -InputObject $Body -Compress))
            $arguments += @('--headers', 'Content-Type=application/json', '--body', "@$file")
        }
        $answer = & az @arguments
        if ($LASTEXITCODE -ne 0) { throw "az rest $Method $Path ended with $LASTEXITCODE; its message is above." }
        if ($answer) { return (($answer -join "`n") | ConvertFrom-Json) }
    }
    finally {
        if ($file) { Remove-Item -LiteralPath $file -Force -WhatIf:$false }
    }
}

# By its key appId: a filter would need a dollar sign, which a batch file of az and PowerShell both read
$resource = Invoke-Graph -Method 'get' -Path "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
$granted = @((Invoke-Graph -Method 'get' -Path "servicePrincipals/$PrincipalId/appRoleAssignments").value | ForEach-Object { $_.appRoleId })

foreach ($permission in $permissions) {
    $role = $resource.appRoles | Where-Object { $_.value -eq $permission -and $_.allowedMemberTypes -contains 'Application' } | Select-Object -First 1
    if ($null -eq $role) { throw "Microsoft Graph has no application permission $permission." }
    if ($granted -contains $role.id) { "${permission}: granted already"; continue }
    if (-not $PSCmdlet.ShouldProcess($PrincipalId, "grant $permission")) { continue }
    $body = @{ principalId = $PrincipalId; resourceId = $resource.id; appRoleId = $role.id }
    $null = Invoke-Graph -Method 'post' -Path "servicePrincipals/$PrincipalId/appRoleAssignments" -Body $body
    "${permission}: granted"
}
