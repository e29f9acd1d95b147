using Beamtime.Core.Ledger;

namespace Beamtime.Core.Access.Secrets;

/// <summary>What the entries of secrets and of the master key say on the timeline.</summary>
internal static class SecretWords
{
    /// <summary>What one of a secret says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(SecretEntry entry) => new(entry is SecretStored ? "the secret was stored" : "the secret was removed");

    /// <summary>What one of the master key says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(MasterKeyEntry entry) => entry is MasterKeyRotated rotated
        ? new EntryWords(rotated.IsAbandoned
            ? $"master key {rotated.To} counts from now on; the former one was lost, and what it sealed was dropped"
            : $"master key {rotated.To} counts from now on")
        {
            IsTrouble = rotated.IsAbandoned,
            Details = rotated.From is null ? [] : [new EntryDetail("before", rotated.From)],
        }
        : throw new System.Diagnostics.UnreachableException();
}
