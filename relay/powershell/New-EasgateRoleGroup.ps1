<#
.SYNOPSIS
Creates the role group that lets the relay's account do what easgate needs in Exchange, and nothing else.

.DESCRIPTION
Run it in the Exchange Management Shell (Exchange 2010 SP3 to Subscription Edition) as a member of Organization Management. It is one file
that needs no other, so that it alone can be copied there.

It copies the built-in roles Mail Recipients, Organization Client Access, Recipient Policies and View-Only Configuration, leaves in the copies only
the cmdlets and parameters that easgate can ask for, and makes a role group of them. Cmdlets and parameters that this version of Exchange does not
have are left out. Built-in roles are not changed. Run again, it repairs what differs: after an update of Exchange or easgate, or with
other switches, which take wiping back, too. Members that it did not add are left alone. The last line says whether anything was changed.

.PARAMETER Name
Name of the role group, and the first word of the names of its roles.

.PARAMETER Members
Accounts or universal security groups that become members. For a gMSA: a universal security group that it is in.

.PARAMETER AllowWipe
Adds Clear-ActiveSyncDevice and Clear-MobileDevice, which erase phones. The relay's configuration must allow it as well.

.PARAMETER AllowRemovePartnership
Adds Remove-ActiveSyncDevice and Remove-MobileDevice. The relay's configuration must allow it as well.

.EXAMPLE
.\New-EasgateRoleGroup.ps1 -Members CONTOSO\easgate -WhatIf

Says what would be done, and does nothing.

.EXAMPLE
.\New-EasgateRoleGroup.ps1 -Members CONTOSO\easgate

Creates the role group with one member.

.EXAMPLE
.\New-EasgateRoleGroup.ps1 -AllowRemovePartnership

Also allows easgate to remove partnerships of phones that have not been seen for long.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter()]
    [ValidateLength(1, 30)]
    [string] $Name = 'easgate',

    [Parameter()]
    [string[]] $Members = @(),

    [Parameter()]
    [switch] $AllowWipe,

    [Parameter()]
    [switch] $AllowRemovePartnership
)

$ErrorActionPreference = 'Stop'
$Parents = @('Mail Recipients', 'Organization Client Access', 'Recipient Policies', 'View-Only Configuration')

# A cmdlet and its parameters, or @name for a list that several share; more of them on lines that begin with a blank. Each that changes
# something has -Confirm, too. A test holds this to the closed list of what may be asked of the relay (protocol/commands.ts).
$Granted = @'
@list Filter ResultSize OrganizationalUnit DomainController
@policy AllowNonProvisionableDevices AllowCamera AllowBrowser AllowBluetooth AllowStorageCard AllowWiFi AllowTextMessaging
  AllowPOPIMAPEmail AllowConsumerEmail AllowDesktopSync AllowHTMLEmail AllowInternetSharing AllowIrDA AllowRemoteDesktop
  AllowUnsignedApplications AllowUnsignedInstallationPackages AttachmentsEnabled DeviceEncryptionEnabled RequireDeviceEncryption
  RequireStorageCardEncryption RequireManualSyncWhenRoaming PasswordRecoveryEnabled DevicePolicyRefreshInterval MaxAttachmentSize
  MaxEmailAgeFilter MaxCalendarAgeFilter MaxEmailBodyTruncationSize ApprovedApplicationList UnapprovedInROMApplicationList IsDefault
@activeSyncPolicy @policy IsDefaultPolicy DevicePasswordEnabled AlphanumericDevicePasswordRequired AllowSimpleDevicePassword
  MinDevicePasswordLength MinDevicePasswordComplexCharacters MaxDevicePasswordFailedAttempts DevicePasswordExpiration
  DevicePasswordHistory MaxInactivityTimeDeviceLock
@mobilePolicy @policy PasswordEnabled AlphanumericPasswordRequired AllowSimplePassword MinPasswordLength MinPasswordComplexCharacters
  MaxPasswordFailedAttempts PasswordExpiration PasswordHistory MaxInactivityTimeLock
@device @list Identity Mailbox Monitoring SortBy
Get-ActiveSyncOrganizationSettings DomainController
Set-ActiveSyncOrganizationSettings DefaultAccessLevel UserMailInsert OtaNotificationMailInsert AdminMailRecipients DomainController
Get-CASMailbox @list Identity Monitoring RecalculateHasActiveSyncDevicePartnership
Set-CASMailbox Identity DomainController ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs ActiveSyncMailboxPolicy
Get-ActiveSyncMailboxPolicy Identity
Set-ActiveSyncMailboxPolicy Identity DomainController @activeSyncPolicy
New-ActiveSyncMailboxPolicy Name @activeSyncPolicy
Remove-ActiveSyncMailboxPolicy Identity DomainController Force
Get-MobileDeviceMailboxPolicy Identity
Set-MobileDeviceMailboxPolicy Identity DomainController @mobilePolicy
New-MobileDeviceMailboxPolicy Name @mobilePolicy
Remove-MobileDeviceMailboxPolicy Identity DomainController Force
Get-ActiveSyncDeviceAccessRule Identity
Set-ActiveSyncDeviceAccessRule Identity DomainController AccessLevel
New-ActiveSyncDeviceAccessRule QueryString Characteristic AccessLevel DomainController
Remove-ActiveSyncDeviceAccessRule Identity DomainController
Get-ActiveSyncDevice @device
Get-MobileDevice @device ActiveSync OWAforDevices RestApi UniversalOutlook
Get-ActiveSyncDeviceStatistics Identity Mailbox DomainController
Get-MobileDeviceStatistics Identity Mailbox DomainController ActiveSync
Get-ActiveSyncDeviceClass Filter
Get-ExchangeServer Identity Domain Status
Get-Recipient @list Identity Anr RecipientType RecipientTypeDetails
Set-ADServerSettings ViewEntireForest PreferredServer RecipientViewRoot
'@
$Wipe = @'
Clear-ActiveSyncDevice Identity DomainController Cancel NotificationEmailAddresses
Clear-MobileDevice Identity DomainController Cancel NotificationEmailAddresses AccountOnly
'@
$RemovePartnership = @'
Remove-ActiveSyncDevice Identity DomainController
Remove-MobileDevice Identity DomainController
'@

# A table of cmdlets, each with the names of its parameters.
function ConvertFrom-List {
    param([string] $Text)
    $lists = @{}
    $cmdlets = @{}
    foreach ($line in (($Text -replace '\r?\n ', ' ') -split '\r?\n')) {
        $first, $rest = @($line -split ' +' | Where-Object { $_ })
        if (-not $first) { continue }
        $names = @(foreach ($word in $rest) { if ($word[0] -eq '@') { $lists[$word] } else { $word } })
        if ($first[0] -eq '@') { $lists[$first] = $names }
        elseif ($first -like 'Get-*') { $cmdlets[$first] = $names }
        else { $cmdlets[$first] = $names + 'Confirm' }
    }
    $cmdlets
}

# The entries of a role: a table of cmdlets, each with the names of its parameters.
function Get-Entry {
    param([string] $Role)
    $entries = @{}
    foreach ($entry in (Get-ManagementRoleEntry -Identity ($Role + '\*'))) { $entries[[string] $entry.Name] = @($entry.Parameters | ForEach-Object { [string] $_ }) }
    $entries
}

function New-Change {
    param([string] $Target, [string] $Action, [hashtable] $With, [scriptblock] $Do)
    @{ Target = $Target; Action = $Action; With = $With; Do = $Do }
}

# What makes the copy of one role what it should be. A copy that is not there yet will have what its parent has.
function Get-RoleChange {
    param([string] $Role, [string] $Parent, [bool] $IsThere, [hashtable] $Allowed)
    $offered = Get-Entry -Role $Parent
    $actual = $offered
    if ($IsThere) { $actual = Get-Entry -Role $Role }
    else { New-Change $Role 'Create role' @{ Name = $Role; Parent = $Parent } { param($With) New-ManagementRole @With -Confirm:$false } }
    $others = @($actual.Keys | Where-Object { -not $Allowed.ContainsKey($_) } | Sort-Object)
    if ($others.Count -gt 0) {
        New-Change $Role ('Remove {0} cmdlets that easgate does not use' -f $others.Count) @{ Role = $Role; Names = $others } {
            param($With)
            foreach ($name in $With.Names) { Remove-ManagementRoleEntry -Identity ($With.Role + '\' + $name) -Confirm:$false }
        }
    }
    foreach ($cmdlet in ($offered.Keys | Where-Object { $Allowed.ContainsKey($_) } | Sort-Object)) {
        $wanted = @($offered[$cmdlet] | Where-Object { $Allowed[$cmdlet] -contains $_ } | Sort-Object)
        $with = @{ Identity = $Role + '\' + $cmdlet; Parameters = $wanted }
        if (-not $actual.ContainsKey($cmdlet)) { New-Change $with.Identity 'Add cmdlet' $with { param($With) Add-ManagementRoleEntry @With -Confirm:$false } }
        elseif ((@($actual[$cmdlet] | Sort-Object) -join ' ') -ne ($wanted -join ' ')) {
            New-Change $with.Identity ('Leave {0} of {1} parameters' -f $wanted.Count, $actual[$cmdlet].Count) $with { param($With) Set-ManagementRoleEntry @With -Confirm:$false }
        }
    }
}

function Test-Member {
    param([string] $Account, [object[]] $Present)
    $short = $Account.Split('\')[-1]
    $known = @(Get-User -Identity $Account -ErrorAction SilentlyContinue) + @(Get-Group -Identity $Account -ErrorAction SilentlyContinue)
    $names = @($known | ForEach-Object { [string] $_.DistinguishedName })
    foreach ($member in $Present) {
        if ($names -contains [string] $member.DistinguishedName) { return $true }
        if ($names.Count -eq 0 -and @([string] $member.Name, [string] $member.SamAccountName) -contains $short) { return $true }
    }
    $false
}

function Get-GroupChange {
    param([string[]] $Roles)
    if (@(Get-RoleGroup | Where-Object { $_.Name -eq $Name }).Count -eq 0) {
        $with = @{ Name = $Name; Roles = $Roles; Description = 'What the easgate relay needs. Made by New-EasgateRoleGroup.ps1.' }
        if ($Members.Count -gt 0) { $with['Members'] = $Members }
        return New-Change $Name 'Create role group' $with { param($With) New-RoleGroup @With -Confirm:$false }
    }
    # A role may be named with the path before it.
    $assigned = @(Get-ManagementRoleAssignment -RoleAssignee $Name | ForEach-Object { ([string] $_.Role -split '[\\/]')[-1] })
    foreach ($role in $Roles) {
        if ($assigned -notcontains $role) { New-Change $role 'Assign role' @{ SecurityGroup = $Name; Role = $role } { param($With) New-ManagementRoleAssignment @With -Confirm:$false } }
    }
    $present = @(Get-RoleGroupMember -Identity $Name)
    foreach ($account in $Members) {
        if (-not (Test-Member -Account $account -Present $present)) { New-Change $account 'Add member' @{ Identity = $Name; Member = $account } { param($With) Add-RoleGroupMember @With -Confirm:$false } }
    }
}

# Everything that differs from what should be, in the order in which it is to be done.
function Get-Change {
    $text = $Granted
    if ($AllowWipe) { $text += "`n" + $Wipe }
    if ($AllowRemovePartnership) { $text += "`n" + $RemovePartnership }
    $allowed = ConvertFrom-List -Text $text
    $there = @(Get-ManagementRole | ForEach-Object { [string] $_.Name })
    foreach ($parent in $Parents) {
        if ($there -notcontains $parent) { throw "The role '$parent' is not to be seen. Run this in the Exchange Management Shell as a member of Organization Management." }
        $role = $Name + ' ' + $parent
        Get-RoleChange -Role $role -Parent $parent -IsThere ($there -contains $role) -Allowed $allowed
    }
    Get-GroupChange -Roles @($Parents | ForEach-Object { $Name + ' ' + $_ })
}

$changes = @(Get-Change)
$made = 0
foreach ($change in $changes) {
    if ($PSCmdlet.ShouldProcess($change.Target, $change.Action)) {
        $null = & $change.Do $change.With
        $made += 1
        '{0}: {1}' -f $change.Action, $change.Target
    }
}
if ($changes.Count -eq 0) { "The role group '$Name' is as it should be; nothing was changed." }
elseif ($made -lt $changes.Count) { '{0} of {1} changes were made.' -f $made, $changes.Count }
else {
    # Through remoting, not every error of Exchange stops a script.
    $left = @(Get-Change)
    if ($left.Count -gt 0) { throw ('{0} changes did not take effect, for example: {1}: {2}. Wait for Active Directory to replicate, and run this again.' -f $left.Count, $left[0].Action, $left[0].Target) }
    "The role group '$Name' is as it should be; {0} changes were made." -f $made
}
