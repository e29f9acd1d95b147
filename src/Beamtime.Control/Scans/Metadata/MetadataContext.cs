using System.Text.Json.Serialization;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>For whose scans metadata stand.</summary>
internal enum MetadataScope
{
    /// <summary>Those of one person.</summary>
    Person,

    /// <summary>Those on one account.</summary>
    Account,

    /// <summary>All at the beamline.</summary>
    Beamline,
}

/// <summary>Metadata that go with the scans asked for while they stand.</summary>
internal sealed record MetadataContext
{
    /// <summary>Its name; empty for the outermost one, which is never left.</summary>
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

    /// <summary>Whether it is the outermost one of its scope.</summary>
    [JsonIgnore]
    public bool IsOutermost => Name.Length == 0;
}
