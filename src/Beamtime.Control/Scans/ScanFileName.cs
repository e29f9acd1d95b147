using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>What users may say about the names of a scan's files.</summary>
internal static class ScanFileName
{
    /// <summary>Characters of a name, or of one part of a folder.</summary>
    public const int Longest = 64;

    private const int MostParts = 8;

    /// <summary>Letters, digits, <c>_</c> and <c>-</c>: what every file system and every reader takes.</summary>
    /// <param name="name">The name.</param>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= Longest && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>All reasons against what a request says of its files.</summary>
    /// <param name="request">The request.</param>
    public static IEnumerable<Reason> Refusals(ScanRequest request)
    {
        if (request.FileSuffix is { } suffix && !IsName(suffix))
        {
            yield return ScanErrors.FileName.Because($"The file suffix '{suffix}' is not of letters, digits, _ and -, 1 to {Longest} of them.");
        }

        if (request.FileDirectory is { } directory
            && (directory.Split('/') is var parts && (parts.Length > MostParts || !parts.All(IsName))))
        {
            yield return ScanErrors.FileName.Because(
                $"The file directory '{directory}' is not of up to {MostParts} names of letters, digits, _ and - with / between them.");
        }

        if (request.Account is { } account && !IsName(account))
        {
            yield return ScanErrors.FileName.Because($"The account '{account}' is not of letters, digits, _ and -, 1 to {Longest} of them.");
        }
    }
}
