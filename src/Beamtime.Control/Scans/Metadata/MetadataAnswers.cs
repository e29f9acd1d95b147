using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>A context as REST tells it.</summary>
internal sealed record MetadataContextAnswer
{
    /// <summary>For whose scans it stands.</summary>
    public required MetadataScope Scope { get; init; }

    /// <summary>The account; null for other scopes.</summary>
    public string? Account { get; init; }

    /// <summary>Its name; empty for the outermost one of its scope.</summary>
    public required string Name { get; init; }

    /// <summary>Keys and values; an empty value hides the one of an outer context.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>Id of the person who changed it last.</summary>
    public required Guid Who { get; init; }

    /// <summary>When that was, UTC.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>When it ends by itself, UTC; null for when it is left.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Id of the group that its scans belong to; null where it is none.</summary>
    public Guid? Group { get; init; }

    /// <summary>The answer for a context.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="context">The context.</param>
    public static MetadataContextAnswer Of(MetadataOwner owner, MetadataContext context) => new()
    {
        Scope = owner.Scope,
        Account = owner.Scope == MetadataScope.Account ? owner.Of : null,
        Name = context.Name,
        Values = context.Values,
        Who = context.Who,
        ChangedAt = context.ChangedAt,
        Until = context.Until,
        Group = context.Group,
    };
}

/// <summary>What would go with the caller's next scan.</summary>
/// <param name="Contexts">The contexts that stand, the outermost first.</param>
/// <param name="Values">What they say together.</param>
internal sealed record MetadataAnswer(
    IReadOnlyList<MetadataContextAnswer> Contexts, IReadOnlyDictionary<string, string> Values);

/// <summary>A declared field as REST tells it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Field">What is declared.</param>
internal sealed record MetadataFieldAnswer(string Key, MetadataField Field);

/// <summary>A change of the metadata that stand.</summary>
internal sealed record MetadataChange
{
    /// <summary>For whose scans: the caller's own, those on an account, or all.</summary>
    public MetadataScope Scope { get; init; }

    /// <summary>The account, for that scope.</summary>
    public string? Account { get; init; }

    /// <summary>
    /// Name of the context: to set in, empty for the outermost one; to enter; to leave, empty for the innermost one.
    /// </summary>
    public string Context { get; init; } = "";

    /// <summary>What is set.</summary>
    [JsonConverter(typeof(ArgumentMapConverter))]
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Keys that are removed.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>When a context that is entered ends by itself, UTC; null for when it is left.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>True where a context that is entered is a group of whole scans, which share a dataset number.</summary>
    public bool IsGroup { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whose contexts are meant.</summary>
    /// <param name="who">Who asks.</param>
    /// <exception cref="RefusedException">An account is missing, or given where it means nothing.</exception>
    public MetadataOwner OwnerFor(PersonId who) => (Scope, Account) switch
    {
        (MetadataScope.Account, { } account) when ScanFileName.IsName(account) => MetadataOwner.Account(account),
        (MetadataScope.Account, _) => throw new RefusedException(
            MetadataErrors.ContextInvalid.Because($"'{Account}' is not the name of an account.")),
        (_, not null) => throw new RefusedException(
            MetadataErrors.ContextInvalid.Because($"An account is named for the scope {Scope.ToString().ToLowerInvariant()}.")),
        (MetadataScope.Beamline, _) => MetadataOwner.Beamline,
        _ => MetadataOwner.Person(who),
    };
}
