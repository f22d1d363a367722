# What the first session is asked when it is open: whose Exchange it is, and which dialect it speaks.

# The organization's name stands in the DN of its settings; an account that may not read them gives none.
function Get-Organization {
    param([hashtable] $Session)
    $settings = @(Invoke-Quietly -Session $Session -Cmdlet 'Get-ActiveSyncOrganizationSettings' -Parameter @{})
    $organization = $null
    if ($settings.Count -gt 0 -and $settings[0].DistinguishedName -match ',CN=([^,]+),CN=Microsoft Exchange,') { $organization = $Matches[1] }
    $mobile = @(Invoke-Quietly -Session $Session -Cmdlet 'Get-Command' -Parameter @{ Name = 'Get-MobileDevice' })
    $dialect = 'ActiveSyncDevice'
    if ($mobile.Count -gt 0) { $dialect = 'MobileDevice' }
    @{ organization = $organization; server = $State.Settings.connection.server; dialect = $dialect }
}

function Invoke-Quietly {
    param([hashtable] $Session, [string] $Cmdlet, [hashtable] $Parameter)
    $shell = New-Pipeline -Session $Session -Cmdlet $Cmdlet -Parameter $Parameter
    try { $shell.Invoke() } catch { $null = $_ } finally { $shell.Dispose() }
}
