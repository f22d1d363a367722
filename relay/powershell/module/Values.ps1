# Conversion at the edge: Exchange's values to JSON, and the relay's JSON to arguments of cmdlets.

$Invariant = [System.Globalization.CultureInfo]::InvariantCulture

# Windows PowerShell 5.1 would print some arrays as {"value":[],"Count":0}, because it gives them a property of its own.
Remove-TypeData -TypeName 'System.Array' -ErrorAction 'SilentlyContinue'

function ConvertTo-RowText {
    param([object] $Object, [string[]] $Name)
    $row = [ordered] @{}
    $properties = $Object.PSObject.Properties
    foreach ($property in $Name) {
        $found = $properties[$property]
        $value = $null
        if ($null -ne $found) { $value = $found.Value }
        # Most are text or nothing: a function call for each would double the time of a long list.
        if ($null -eq $value) { $row[$property] = $null }
        elseif ($value -is [string]) { $row[$property] = [string] $value }
        else { $row[$property] = ConvertTo-Plain -Value $value }
    }
    ConvertTo-Json -InputObject $row -Compress -Depth 3
}

# Exchange's values as JSON can carry them: dates in UTC, enumerations by name, several values as an array, a table by its keys.
function ConvertTo-Plain {
    param([object] $Value)
    if ($null -eq $Value) { return $null }
    if ($Value -is [string] -or $Value -is [char]) { return [string] $Value }
    if ($Value -is [bool]) { return [bool] $Value }
    if (@($Value.PSObject.TypeNames) -match 'System\.Enum$') { return [string] $Value }
    if ($Value -is [DateTime] -or $Value -is [DateTimeOffset]) { return ConvertTo-IsoText -Value $Value }
    if ($Value -is [Guid]) { return $Value.ToString().ToLowerInvariant() }
    if ($Value -is [Enum]) { return $Value.ToString() }
    if ($Value -is [int] -or $Value -is [long] -or $Value -is [int16] -or $Value -is [byte] -or $Value -is [uint32]) { return [long] $Value }
    if ($Value -is [double] -or $Value -is [single] -or $Value -is [decimal]) { return [double] $Value }
    if ($Value -is [System.Collections.IDictionary]) { return , @($Value.Keys | ForEach-Object -Process { [string] $_ } | Sort-Object) }
    if ($Value -is [System.Collections.IEnumerable]) { return , @($Value | ForEach-Object -Process { ConvertTo-Plain -Value $_ }) }
    return [string] $Value
}

# Exchange means UTC where a date does not say what it is.
function ConvertTo-IsoText {
    param([object] $Value)
    (ConvertTo-Utc -Value $Value).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", $Invariant)
}

function ConvertTo-Utc {
    param([object] $Value)
    if ($Value -is [DateTimeOffset]) { return $Value.UtcDateTime }
    if ($Value -isnot [DateTime]) { return [DateTimeOffset]::Parse([string] $Value, $Invariant, [System.Globalization.DateTimeStyles]::AssumeUniversal).UtcDateTime }
    if ($Value.Kind -eq [DateTimeKind]::Unspecified) { return [DateTime]::SpecifyKind($Value, [DateTimeKind]::Utc) }
    return $Value.ToUniversalTime()
}

# PowerShell 7 turns texts that look like dates into dates, unless it is told otherwise.
$JsonOptions = @{}
if ((Get-Command -Name 'ConvertFrom-Json').Parameters.ContainsKey('DateKind')) { $JsonOptions['DateKind'] = 'String' }

function ConvertFrom-Argument {
    param([string] $Text)
    $json = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Text))
    ConvertFrom-Json -InputObject $json @JsonOptions
}

function ConvertTo-Argument {
    param([object] $Value)
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $edit = @{}
        foreach ($property in $Value.PSObject.Properties) { $edit[$property.Name] = [string[]] @($property.Value) }
        return $edit
    }
    if ($Value -is [System.Array]) { return , ([string[]] $Value) }
    if ($Value -is [DateTime]) { return ConvertTo-IsoText -Value $Value }
    # PowerShell 7 reads every whole number as Int64; Exchange's parameters take Int32, as Windows PowerShell reads them.
    if ($Value -is [long] -and $Value -ge [int]::MinValue -and $Value -le [int]::MaxValue) { return [int] $Value }
    return $Value
}
