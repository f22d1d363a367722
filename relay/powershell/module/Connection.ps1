# How a session reaches Exchange: from the relay's settings to a runspace that is not open yet.

# | kind       | authentication      | credential                     | redirections | proxy                               |
# | onPremises | Kerberos, Negotiate | the account, or the service's  | none         | none: the server is in the network  |
# | hosted     | Basic over https    | the account                    | at most 5    | as WinRM finds it, with its account |
$MostRedirections = 5
$UsEnglish = [System.Globalization.CultureInfo]::GetCultureInfo('en-US')

# A runspace on the Exchange endpoint, not yet opened.
$ExchangeRunspace = {
    param([object] $Connection)
    [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace((New-ConnectionInfo -Connection $Connection))
}

function New-ConnectionInfo {
    param([object] $Connection)
    $port = ''
    if ($Connection.port) { $port = ':' + $Connection.port }
    $address = '{0}://{1}{2}{3}' -f $Connection.scheme, $Connection.server, $port, $Connection.path
    $isHosted = $Connection.kind -eq 'hosted'
    if ($Connection.authentication -eq 'Basic' -and $Connection.scheme -ne 'https') { throw 'Basic sends the password as it is: the scheme must be https.' }
    $info = New-Object -TypeName 'System.Management.Automation.Runspaces.WSManConnectionInfo' -ArgumentList ([Uri] $address)
    $info.ShellUri = 'http://schemas.microsoft.com/powershell/Microsoft.Exchange'
    if ($null -ne $Connection.account) { $info.Credential = $Connection.account }
    $info.AuthenticationMechanism = $Connection.authentication
    # WinRM gives the identity of the service to a host outside of its trusted ones only when it is told to.
    if ($Connection.authentication -eq 'Negotiate' -and $null -eq $Connection.account) { $info.AuthenticationMechanism = 'NegotiateWithImplicitCredential' }
    $info.MaximumConnectionRedirectionCount = 0
    if ($isHosted) {
        $info.MaximumConnectionRedirectionCount = $MostRedirections
        Set-ConnectionProxy -Info $info -Connection $Connection
    }
    $info.OpenTimeout = 120000
    $info.OperationTimeout = 180000
    # Exchange reads dates in filters by the session's culture.
    $info.Culture = $UsEnglish
    $info.UICulture = $UsEnglish
    $info
}

function Set-ConnectionProxy {
    param([System.Management.Automation.Runspaces.WSManConnectionInfo] $Info, [object] $Connection)
    if (-not $Connection.proxyAccess -or $Connection.proxyAccess -eq 'none') { return }
    $Info.ProxyAccessType = $Connection.proxyAccess
    if ($Connection.proxyAuthentication) { $Info.ProxyAuthentication = $Connection.proxyAuthentication }
    if ($null -ne $Connection.proxyAccount) { $Info.ProxyCredential = $Connection.proxyAccount }
}

# Puts credentials where the relay's settings hold passwords in clear: those are not kept.
function Protect-Account {
    param([object] $Connection)
    foreach ($name in @('account', 'proxyAccount')) {
        if ($null -ne $Connection.$name) { $Connection.$name = New-Credential -Account $Connection.$name }
    }
}

function New-Credential {
    param([object] $Account)
    $password = New-Object -TypeName 'System.Security.SecureString'
    foreach ($letter in $Account.password.ToCharArray()) { $password.AppendChar($letter) }
    $password.MakeReadOnly()
    New-Object -TypeName 'System.Management.Automation.PSCredential' -ArgumentList ([string] $Account.user), $password
}
