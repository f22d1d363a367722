# Where Active Directory says that Autodiscover is: service connection points, which Exchange writes for each of its servers.

# What such a point is marked with: a URL of Autodiscover, or a pointer to another directory's points.
$PointMarks = @('77378F46-2C66-4aa9-A6A6-3E7A48B19596', '67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68')

# Asks the directory of a domain, or of the domain that this computer is in. Gives tables with Url and Keywords.
$DirectorySearch = {
    param([string] $Domain)
    $prefix = 'LDAP://'
    if ($Domain) { $prefix += $Domain + '/' }
    $root = New-Object -TypeName 'System.DirectoryServices.DirectoryEntry' -ArgumentList ($prefix + 'RootDSE')
    $configuration = [string] $root.Properties['configurationNamingContext'].Value
    if ($configuration -eq '') { throw 'The directory does not say where its configuration is.' }
    $services = New-Object -TypeName 'System.DirectoryServices.DirectoryEntry' -ArgumentList ($prefix + 'CN=Services,' + $configuration)
    $searcher = New-Object -TypeName 'System.DirectoryServices.DirectorySearcher' -ArgumentList $services
    $searcher.Filter = '(&(objectClass=serviceConnectionPoint)(|(keywords={0})(keywords={1})))' -f $PointMarks
    $searcher.PageSize = 500
    $null = $searcher.PropertiesToLoad.AddRange([string[]] @('serviceBindingInformation', 'keywords'))
    $found = $searcher.FindAll()
    try { foreach ($result in $found) { foreach ($url in $result.Properties['servicebindinginformation']) { @{ Url = [string] $url; Keywords = [string[]] @($result.Properties['keywords']) } } } }
    finally { $found.Dispose() }
}

function Get-EasgateConnectionPoint {
    <#
    .SYNOPSIS
    Prints the Autodiscover service connection points of Active Directory.

    .DESCRIPTION
    Prints a line {"point":{"url","keywords"}} for each address, then {"end":true,"lines"}. Keywords hold the mark that says what the address is
    (77378F46-2C66-4aa9-A6A6-3E7A48B19596: Autodiscover's own; 67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68: where to ask instead) and, as Site=name or
    Domain=name, for whom. A computer that is in no domain has no directory to ask: no line, and "error" {category, message} in the last one.

    .PARAMETER Request
    Base64 of {"domain": name or null for the domain that this computer is in}.

    .PARAMETER Search
    A script block that gets the domain and gives tables with Url and Keywords. Tests give their own.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $Request,

        [Parameter()]
        [ValidateNotNull()]
        [scriptblock] $Search = $DirectorySearch
    )

    try {
        $given = ConvertFrom-Argument -Text $Request
        $lines = @(foreach ($point in (& $Search ([string] $given.domain))) {
                '{"point":' + (ConvertTo-Json -InputObject ([ordered] @{ url = $point.Url; keywords = @($point.Keywords) }) -Compress) + '}'
            })
        Write-Reply -Line $lines -End @{}
    }
    catch {
        $message = $_.Exception.Message
        if ($null -ne $_.Exception.InnerException) { $message = $_.Exception.GetBaseException().Message }
        Write-Reply -Line @() -End @{ error = @{ category = 'other'; message = $message } }
    }
}
