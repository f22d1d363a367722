# Access lists of folders: closed to all but SYSTEM, administrators and one account; and whether a folder is.

# {"folder","account"?,"rights"?:"read"|"modify"}: makes the folder, takes it off inheritance and lets in SYSTEM, administrators and the
# account, and nobody else. Without an account, the one that a former call let in stays in. Gives what it found and did not trust.
function Invoke-RestrictFolder {
    param($From)
    $folder = Get-Text -From $From -Name 'folder'
    $account = Get-Optional -From $From -Name 'account'
    if (-not (Test-Elevated)) {
        Stop-Operation -Category 'notElevated' -Message "Setting the access list of $folder needs administrator's rights. Start the command from an elevated prompt."
    }
    $sid = $null
    if ($account) { $sid = Get-AccountSid -Account $account }
    $item = [System.IO.Directory]::CreateDirectory($folder)
    if (($item.Attributes -band [System.IO.FileAttributes]::ReparsePoint) -ne 0) {
        Stop-Operation -Category 'folderOpen' -Message "$folder is a link to another place. Name the folder itself."
    }
    $wasRestricted = Test-Restricted -Folder $folder
    $accounts = @($sid | Where-Object { $null -ne $_ })
    if ($wasRestricted -and $accounts.Count -eq 0) { $accounts = @(Get-LetIn -Folder $folder) }
    $right = 'Modify'
    if ((Get-Optional -From $From -Name 'rights') -eq 'read') { $right = 'ReadAndExecute' }
    Set-Acl -LiteralPath $folder -AclObject (New-FolderAcl -Account $accounts -Right $right)
    $moved = @()
    if (-not $wasRestricted) {
        $moved = @(Move-UntrustedFile -Folder $folder)
        Reset-Child -Folder $folder
    }
    @{ folder = $folder; accounts = @($accounts | ForEach-Object { $_.Value }); movedAside = $moved }
}

# Others could write to the folder until now, so an entropy or a key in it may be one that they know. It is not deleted: it may be needed.
function Move-UntrustedFile {
    param([string] $Folder)
    foreach ($name in @('relay.entropy', 'relay.key.json')) {
        $file = [System.IO.Path]::Combine($Folder, $name)
        if ([System.IO.File]::Exists($file)) {
            $aside = $file + '.untrusted-' + [DateTime]::UtcNow.ToString('yyyyMMddHHmmss', [System.Globalization.CultureInfo]::InvariantCulture)
            [System.IO.File]::Move($file, $aside)
            $aside
        }
    }
}

# True when the folder is off inheritance, belongs to administrators or SYSTEM, and lets nobody in by a group that many are in.
function Test-Restricted {
    param([string] $Folder)
    if (-not [System.IO.Directory]::Exists($Folder)) { return $false }
    $acl = Get-Acl -LiteralPath $Folder
    if (-not $acl.AreAccessRulesProtected) { return $false }
    $owner = $acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    if (@('S-1-5-18', 'S-1-5-32-544') -notcontains $owner) { return $false }
    # Everyone, Anonymous, Authenticated Users, Interactive, Users, Guests, Domain Users.
    $open = @(Get-AccessRule -Acl $acl | Where-Object { $_.IdentityReference.Value -match '^(S-1-1-0|S-1-5-7|S-1-5-11|S-1-5-4|S-1-5-32-54[56]|S-1-5-21-.*-513)$' })
    $open.Count -eq 0
}

function Get-AccessRule {
    param($Acl)
    $Acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]) | Where-Object { $_.AccessControlType -eq 'Allow' }
}

# The accounts besides SYSTEM and administrators that the folder lets in.
function Get-LetIn {
    param([string] $Folder)
    $acl = Get-Acl -LiteralPath $Folder
    $values = @(Get-AccessRule -Acl $acl | ForEach-Object { $_.IdentityReference.Value } | Select-Object -Unique)
    $values | Where-Object { @('S-1-5-18', 'S-1-5-32-544') -notcontains $_ } | ForEach-Object { New-Sid -Value $_ }
}

function New-FolderAcl {
    param([object[]] $Account, [string] $Right)
    $acl = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $acl.SetAccessRuleProtection($true, $false)
    $acl.SetOwner((New-Sid -Value 'S-1-5-32-544'))
    $rights = @{ 'S-1-5-18' = 'FullControl'; 'S-1-5-32-544' = 'FullControl' }
    foreach ($one in $Account) { if (-not $rights.ContainsKey($one.Value)) { $rights[$one.Value] = $Right } }
    foreach ($value in $rights.Keys) {
        $rule = New-Object -TypeName System.Security.AccessControl.FileSystemAccessRule -ArgumentList (New-Sid -Value $value), $rights[$value], 'ContainerInherit, ObjectInherit', 'None', 'Allow'
        $acl.AddAccessRule($rule)
    }
    $acl
}

# What was in the folder before gets the folder's access list and nothing else.
function Reset-Child {
    param([string] $Folder)
    foreach ($child in @(Get-ChildItem -LiteralPath $Folder -Force)) {
        # A folder that is closed already keeps its own list: the relay's state lies below its configuration.
        if ($child.PSIsContainer -and (Test-Restricted -Folder $child.FullName)) { continue }
        if ($child.PSIsContainer) { $acl = New-Object -TypeName System.Security.AccessControl.DirectorySecurity }
        else { $acl = New-Object -TypeName System.Security.AccessControl.FileSecurity }
        $acl.SetOwner((New-Sid -Value 'S-1-5-32-544'))
        $acl.SetAccessRuleProtection($false, $false)
        Set-Acl -LiteralPath $child.FullName -AclObject $acl
    }
}

function Test-Elevated {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The well-known accounts by their ids: their names differ from language to language.
function New-Sid {
    param([string] $Value)
    New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $Value
}

function Get-AccountSid {
    param([string] $Account)
    try {
        $name = New-Object -TypeName System.Security.Principal.NTAccount -ArgumentList $Account
        $name.Translate([System.Security.Principal.SecurityIdentifier])
    }
    catch [System.Security.Principal.IdentityNotMappedException] {
        Stop-Operation -Category 'accountUnknown' -Message "The account '$Account' is not known here. Write it as DOMAIN\name; a group managed service account ends in `$."
    }
}
