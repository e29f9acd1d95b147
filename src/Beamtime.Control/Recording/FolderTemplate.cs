using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>The folder of recordings as the setting <c>recording.folder</c> orders them.</summary>
internal static class FolderTemplate
{
    private const string Beamline = "$beamline";
    private const string Account = "$account";
    private const string User = "$username";

    /// <summary>Fills the template in.</summary>
    /// <param name="options">The template, and the account where a request tells none.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="account">The request's account; null for none.</param>
    /// <param name="user">Finds the user's name; asked only where the template names it.</param>
    /// <returns>A path below the storage of recordings.</returns>
    /// <exception cref="RefusedException">Every reason why there is no such folder.</exception>
    public static async Task<string> FillAsync(
        RecordingOptions options, string beamline, string? account, Func<Task<string?>> user)
    {
        List<Reason> reasons = [];
        var folder = options.Folder.Replace(Beamline, beamline, StringComparison.Ordinal);
        if (folder.Contains(Account, StringComparison.Ordinal))
        {
            var used = account ?? (options.Account.Length > 0 ? options.Account : null);
            Fill(Account, used, "account");
        }

        if (folder.Contains(User, StringComparison.Ordinal))
        {
            // A name in full has spaces and letters that are not for paths.
            var name = await user();
            Fill(User, name is null ? null : string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_')), "user");
        }

        if (folder.Split('/').FirstOrDefault(part => !ScanFileName.IsName(part)) is { } wrong)
        {
            reasons.Add(RecordingErrors.FolderInvalid.Because($"recording.folder '{options.Folder}' becomes '{folder}' with the part '{wrong}'."));
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : folder;

        void Fill(string variable, string? value, string what)
        {
            if (value is null || !ScanFileName.IsName(value))
            {
                reasons.Add(RecordingErrors.FolderUnknown.Because(
                    value is null
                        ? $"recording.folder names {variable}, and the scan has no {what}."
                        : $"recording.folder names {variable}, and the {what} '{value}' is no name for a folder."));
            }

            folder = folder.Replace(variable, value is { Length: > 0 } ? value : "_", StringComparison.Ordinal);
        }
    }
}
