# Secrets: protected and opened by DPAPI, with entropy from a file in a folder that is closed to others (Folders.ps1 says whether it is).

# {"secret","entropyFile"} gives {"protected"}: base64 of the cipher text. Makes the entropy where there is none.
function Invoke-Protect {
    param($From)
    $secret = Get-Text -From $From -Name 'secret'
    $entropyFile = Get-Text -From $From -Name 'entropyFile'
    Add-Type -AssemblyName System.Security
    $folder = [System.IO.Path]::GetDirectoryName($entropyFile)
    if (-not (Test-Restricted -Folder $folder)) {
        Stop-Operation -Category 'folderOpen' -Message "The folder $folder is not closed to other accounts, so no secret is protected with a file in it. Run 'easgate-relay join' or 'configure' with --service-account from an elevated prompt."
    }
    if (-not [System.IO.File]::Exists($entropyFile)) { New-Entropy -File $entropyFile }
    $entropy = Read-Entropy -File $entropyFile
    $clear = [System.Text.Encoding]::UTF8.GetBytes($secret)
    try {
        $cipher = [System.Security.Cryptography.ProtectedData]::Protect($clear, $entropy, [System.Security.Cryptography.DataProtectionScope]::LocalMachine)
    }
    finally {
        [Array]::Clear($clear, 0, $clear.Length)
    }
    @{ protected = [Convert]::ToBase64String($cipher) }
}

# {"protected":[...],"entropyFile"} gives {"secrets":[{"secret"} or {"problem"}, ...]}, in the same order.
function Invoke-Unprotect {
    param($From)
    $texts = @(Get-Optional -From $From -Name 'protected')
    $entropyFile = Get-Text -From $From -Name 'entropyFile'
    Add-Type -AssemblyName System.Security
    $entropy = Read-Entropy -File $entropyFile
    $secrets = @(foreach ($text in $texts) { Open-Secret -Text $text -Entropy $entropy })
    @{ secrets = $secrets }
}

function Open-Secret {
    param([string] $Text, [byte[]] $Entropy)
    try {
        $cipher = [Convert]::FromBase64String($Text)
        $clear = [System.Security.Cryptography.ProtectedData]::Unprotect($cipher, $Entropy, [System.Security.Cryptography.DataProtectionScope]::LocalMachine)
        @{ secret = [System.Text.Encoding]::UTF8.GetString($clear) }
    }
    catch [System.FormatException] {
        @{ problem = 'it is not base64; run easgate-relay join or configure again' }
    }
    catch [System.Security.Cryptography.CryptographicException] {
        @{ problem = 'DPAPI cannot open it: it was protected on another computer, or with another entropy file; run easgate-relay join or configure again on this computer' }
    }
}

function New-Entropy {
    param([string] $File)
    $bytes = New-Object -TypeName byte[] -ArgumentList 64
    $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
    $random.GetBytes($bytes)
    # CreateNew: two programs that start at once must not each write their own. What is allowed on it comes from the folder.
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList $File, ([System.IO.FileMode]::CreateNew), ([System.IO.FileAccess]::Write), ([System.IO.FileShare]::None)
    try {
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
}

function Read-Entropy {
    param([string] $File)
    try {
        $bytes = [System.IO.File]::ReadAllBytes($File)
    }
    catch [System.UnauthorizedAccessException] {
        Stop-Operation -Category 'accessDenied' -Message "This account may not read $File, so it cannot open the relay's secrets. Run 'easgate-relay configure' with --service-account from an elevated prompt."
    }
    catch [System.IO.FileNotFoundException] {
        Stop-Operation -Category 'entropyMissing' -Message "$File is not there; without it no secret can be opened. Restore it, or run 'easgate-relay join' and 'configure' again."
    }
    catch [System.IO.DirectoryNotFoundException] {
        Stop-Operation -Category 'entropyMissing' -Message "The folder of $File is not there; without that file no secret can be opened. Restore it, or run 'easgate-relay join' and 'configure' again."
    }
    if ($bytes.Length -ne 64) {
        Stop-Operation -Category 'entropyMissing' -Message "$File is damaged ($($bytes.Length) bytes, not 64). Restore it, or delete it and run 'easgate-relay join' and 'configure' again."
    }
    # The comma keeps the bytes together: a pipeline would hand them over one by one.
    , $bytes
}
