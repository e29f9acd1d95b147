using System.Diagnostics;
using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>What happens to the metadata of a scope.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Scope">For whose scans they stand.</param>
/// <param name="Of">The account or the id of the person; empty for the beamline.</param>
internal abstract record MetadataEntry(string Beamline, MetadataScope Scope, string Of);

/// <summary>Something in a context is otherwise.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Scope">For whose scans.</param>
/// <param name="Of">The account or the id of the person.</param>
/// <param name="Context">The context's name; empty for the outermost one.</param>
/// <param name="Values">What is set.</param>
/// <param name="Removed">Keys that go.</param>
internal sealed record MetadataSet(
    string Beamline, MetadataScope Scope, string Of, string Context, IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> Removed)
    : MetadataEntry(Beamline, Scope, Of);

/// <summary>A context was entered, inside those that stand.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Scope">For whose scans.</param>
/// <param name="Of">The account or the id of the person.</param>
/// <param name="Context">The context's name.</param>
/// <param name="Values">What it says.</param>
/// <param name="Until">When it ends by itself, UTC; null for when it is left.</param>
/// <param name="Group">Id of the group that its scans belong to; null where it is none.</param>
internal sealed record MetadataEntered(
    string Beamline, MetadataScope Scope, string Of, string Context, IReadOnlyDictionary<string, string> Values,
    DateTimeOffset? Until = null, Guid? Group = null)
    : MetadataEntry(Beamline, Scope, Of);

/// <summary>A context was left, with those inside it.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Scope">For whose scans.</param>
/// <param name="Of">The account or the id of the person.</param>
/// <param name="Context">The context's name.</param>
internal sealed record MetadataLeft(string Beamline, MetadataScope Scope, string Of, string Context)
    : MetadataEntry(Beamline, Scope, Of);

/// <summary>The metadata of a scope as its entries tell them.</summary>
internal sealed record MetadataRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>For whose scans they stand.</summary>
    public required MetadataScope Scope { get; init; }

    /// <summary>The account or the id of the person; empty for the beamline.</summary>
    public required string Of { get; init; }

    /// <summary>The contexts, the outermost first.</summary>
    public required IReadOnlyList<MetadataContext> Contexts { get; init; }

    /// <summary>The streams of metadata, by beamline, scope and whose they are.</summary>
    public static readonly StreamKind<MetadataRecord, MetadataEntry> Kind = new(
        "scan_metadata",
        foldVersion: 1,
        Fold,
        new EntryTypes<MetadataEntry>()
            .Add("scan_metadata.set", 1, MetadataJson.Default.MetadataSet)
            .Add("scan_metadata.entered", 1, MetadataJson.Default.MetadataEntered)
            .Add("scan_metadata.left", 1, MetadataJson.Default.MetadataLeft),
        MetadataJson.Default.MetadataRecord,
        static record => new RecordIndex(record.Beamline, Name: record.Of, Status: record.Scope.ToString()),
        Words);

    /// <summary>The contexts that stand at a time; one that is over ended those inside it.</summary>
    /// <param name="now">The time.</param>
    public IReadOnlyList<MetadataContext> Standing(DateTimeOffset now) =>
        [.. Contexts.TakeWhile(context => context.Until is not { } until || until > now)];

    private static MetadataRecord Fold(MetadataRecord? before, Entry<MetadataEntry> entry)
    {
        var record = before ?? new MetadataRecord
        {
            Beamline = entry.Data.Beamline,
            Scope = entry.Data.Scope,
            Of = entry.Data.Of,
            Contexts = [new MetadataContext { Name = "", Values = new Dictionary<string, string>(), Who = entry.Why.Who.Value, ChangedAt = entry.At }],
        };
        var standing = record.Standing(entry.At);
        return record with
        {
            Contexts = entry.Data switch
            {
                MetadataSet set => [.. standing.Select(context => context.Name == set.Context
                    ? context with { Values = Changed(context.Values, set), Who = entry.Why.Who.Value, ChangedAt = entry.At }
                    : context)],
                MetadataEntered entered =>
                [
                    .. standing,
                    new MetadataContext
                    {
                        Name = entered.Context, Values = entered.Values, Until = entered.Until, Group = entered.Group, Who = entry.Why.Who.Value, ChangedAt = entry.At,
                    },
                ],
                MetadataLeft left => [.. standing.TakeWhile(context => context.Name != left.Context)],
                _ => throw new UnreachableException(),
            },
        };
    }

    private static Dictionary<string, string> Changed(IReadOnlyDictionary<string, string> values, MetadataSet set)
    {
        Dictionary<string, string> changed = new(values, StringComparer.Ordinal);
        foreach (var key in set.Removed)
        {
            changed.Remove(key);
        }

        foreach (var (key, value) in set.Values)
        {
            changed[key] = value;
        }

        return changed;
    }

    private static EntryWords Words(MetadataEntry entry) => entry switch
    {
        MetadataSet set => Told(set, $"metadata{In(set.Context)}{Listed(" set: ", set.Values.Keys)}{Listed(" removed: ", set.Removed)}", set.Values),
        MetadataEntered entered => Told(
            entered,
            $"{(entered.Group is null ? "entered the context" : "opened the group")} {entered.Context}{Listed(" with ", entered.Values.Keys)}"
            + (entered.Until is { } until ? $" until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : ""),
            entered.Values),
        MetadataLeft left => Told(left, $"left the context {left.Context}", null),
        _ => throw new UnreachableException(),
    };

    private static string In(string context) => context.Length == 0 ? "" : $" in the context {context}";

    private static string Listed(string verb, IEnumerable<string> keys) =>
        keys.ToArray() is { Length: > 0 } some ? $"{verb}{string.Join(", ", some.Take(5))}{(some.Length > 5 ? " and others" : "")}" : "";

    private static EntryWords Told(MetadataEntry entry, string line, IReadOnlyDictionary<string, string>? values) => new(line)
    {
        Details =
        [
            new EntryDetail("beamline", entry.Beamline),
            new EntryDetail("for", entry.Scope switch
            {
                MetadataScope.Beamline => "everybody",
                MetadataScope.Account => $"account {entry.Of}",
                _ => "one person",
            }),
            .. (values ?? new Dictionary<string, string>()).Select(v => new EntryDetail(v.Key, ScanEnded.Shortened(v.Value))),
        ],
    };
}

/// <summary>JSON of metadata.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MetadataSet))]
[JsonSerializable(typeof(MetadataEntered))]
[JsonSerializable(typeof(MetadataLeft))]
[JsonSerializable(typeof(MetadataRecord))]
internal sealed partial class MetadataJson : JsonSerializerContext;
