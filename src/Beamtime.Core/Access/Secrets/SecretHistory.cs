using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Core.Access.Secrets;

/// <summary>What happens to the master key.</summary>
internal abstract record MasterKeyEntry;

/// <summary>Another key seals everything from now on.</summary>
/// <param name="From">Id of the key so far; null where there was none.</param>
/// <param name="To">Id of the new key.</param>
/// <param name="IsAbandoned">True where the old key was lost and what it sealed was dropped.</param>
internal sealed record MasterKeyRotated(string? From, string To, bool IsAbandoned) : MasterKeyEntry;

/// <summary>The master key as its entries tell it.</summary>
/// <param name="Id">Id of the key.</param>
/// <param name="Rotations">How often it was changed.</param>
internal sealed record MasterKeyHistory(string Id, int Rotations)
{
    /// <summary>The one stream there is.</summary>
    public const string Stream = "1";

    /// <summary>The stream of the master key in the ledger.</summary>
    public static readonly StreamKind<MasterKeyHistory, MasterKeyEntry> Kind = new(
        "master_key",
        foldVersion: 1,
        (state, entry) => new MasterKeyHistory(((MasterKeyRotated)entry.Data).To, (state?.Rotations ?? 0) + 1),
        new EntryTypes<MasterKeyEntry>().Add("master_key.rotated", 1, SecretJson.Default.MasterKeyRotated),
        SecretJson.Default.MasterKeyHistory,
        words: SecretWords.Of);
}

/// <summary>What happens to a stored secret; never its value.</summary>
internal abstract record SecretEntry;

/// <summary>It was stored, or replaced.</summary>
internal sealed record SecretStored : SecretEntry;

/// <summary>It was removed.</summary>
internal sealed record SecretRemoved : SecretEntry;

/// <summary>A secret as its entries tell it.</summary>
/// <param name="IsStored">Whether there is a value.</param>
internal sealed record SecretHistory(bool IsStored)
{
    /// <summary>The streams of secrets in the ledger, by name.</summary>
    public static readonly StreamKind<SecretHistory, SecretEntry> Kind = new(
        "secret",
        foldVersion: 1,
        (_, entry) => new SecretHistory(entry.Data is SecretStored),
        new EntryTypes<SecretEntry>()
            .Add("secret.stored", 1, SecretJson.Default.SecretStored)
            .Add("secret.removed", 1, SecretJson.Default.SecretRemoved),
        SecretJson.Default.SecretHistory,
        words: SecretWords.Of);
}

/// <summary>JSON of the entries about secrets.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MasterKeyRotated))]
[JsonSerializable(typeof(MasterKeyHistory))]
[JsonSerializable(typeof(SecretStored))]
[JsonSerializable(typeof(SecretRemoved))]
[JsonSerializable(typeof(SecretHistory))]
internal sealed partial class SecretJson : JsonSerializerContext;
