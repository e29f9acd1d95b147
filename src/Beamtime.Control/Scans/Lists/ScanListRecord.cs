using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans.Lists;

/// <summary>What happens to a list of requests.</summary>
internal abstract record ScanListEntry;

/// <summary>A request was put at its end.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="List">The list.</param>
/// <param name="Scan">The scan's name.</param>
internal sealed record ListAdded(string Beamline, string List, string Scan) : ScanListEntry;

/// <summary>Requests were taken out of it.</summary>
/// <param name="Requests">How many.</param>
internal sealed record ListCleared(int Requests) : ScanListEntry;

/// <summary>Somebody said when it is put into its queue by itself.</summary>
/// <param name="Due">When, UTC; null for not at all.</param>
internal sealed record ListTimed(DateTimeOffset? Due) : ScanListEntry;

/// <summary>Its requests were put into their queues.</summary>
/// <param name="Numbers">The scans' numbers; the first hundred.</param>
/// <param name="Requests">How many.</param>
internal sealed record ListSubmitted(IReadOnlyList<int> Numbers, int Requests) : ScanListEntry;

/// <summary>A list as its entries tell it; the requests lie elsewhere.</summary>
internal sealed record ScanListRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>When it is put into its queue by itself, UTC; null for not at all.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>The numbers that its requests got last.</summary>
    public IReadOnlyList<int> Submitted { get; init; } = [];

    /// <summary>The stream of lists in the ledger.</summary>
    public static readonly StreamKind<ScanListRecord, ScanListEntry> Kind = new(
        "scan_list",
        foldVersion: 1,
        Fold,
        new EntryTypes<ScanListEntry>()
            .Add("scan_list.added", 1, ScanListJson.Default.ListAdded)
            .Add("scan_list.cleared", 1, ScanListJson.Default.ListCleared)
            .Add("scan_list.timed", 1, ScanListJson.Default.ListTimed)
            .Add("scan_list.submitted", 1, ScanListJson.Default.ListSubmitted),
        ScanListJson.Default.ScanListRecord,
        list => new RecordIndex(list.Beamline, null, list.Name, list.Due is null ? "Kept" : "Timed"),
        Tell);

    /// <summary>The id of a list's stream.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    public static string IdOf(string beamline, string list) => $"{beamline}.{list}";

    private static ScanListRecord Fold(ScanListRecord? list, Entry<ScanListEntry> entry) => (list, entry.Data) switch
    {
        (_, ListAdded added) => list ?? new ScanListRecord { Beamline = added.Beamline, Name = added.List },
        ({ } before, ListCleared) => before with { Due = null },
        ({ } before, ListTimed timed) => before with { Due = timed.Due },
        ({ } before, ListSubmitted submitted) => before with { Due = null, Submitted = submitted.Numbers },
        _ => throw new InvalidOperationException($"A list cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private static EntryWords Tell(ScanListEntry entry) => entry switch
    {
        ListAdded added => new EntryWords($"a {added.Scan} scan was kept for later"),
        ListCleared cleared => new EntryWords($"cleared of {EntryWords.Count(cleared.Requests, "request")}"),
        ListTimed { Due: { } due } => new EntryWords($"will be put into its queue at {due:u}"),
        ListTimed => new EntryWords("will not be put into its queue by itself"),
        ListSubmitted submitted => new EntryWords($"put into its queue, {EntryWords.Count(submitted.Requests, "scan")}")
        {
            Details = [.. submitted.Numbers.Take(20).Select(n => new EntryDetail("scan", EntryWords.ScanNumber(n)))],
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A request that is kept.</summary>
/// <param name="Id">Its id, which the scan will have.</param>
/// <param name="Request">What is asked for.</param>
/// <param name="Who">Id of the person who put it there.</param>
/// <param name="At">When, UTC.</param>
internal sealed record KeptRequest(Guid Id, ScanRequest Request, Guid Who, DateTimeOffset At);

/// <summary>A list as REST tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Requests">How many requests it holds.</param>
/// <param name="Due">When it is put into its queue by itself, UTC.</param>
/// <param name="Items">The requests, in order; null where nobody asked for them.</param>
internal sealed record ScanListAnswer(string Name, int Requests, DateTimeOffset? Due, IReadOnlyList<KeptRequest>? Items);

/// <summary>What came of putting a list into its queue.</summary>
/// <param name="List">The list as it then is.</param>
/// <param name="Numbers">The scans' numbers; none where it was only given a time.</param>
internal sealed record ScanListOutcome(ScanListAnswer List, IReadOnlyList<int> Numbers);

/// <summary>What may be asked of a list.</summary>
internal enum ScanListCommandKind
{
    /// <summary>To keep a request at its end.</summary>
    Add,

    /// <summary>To put it into its queue, now or at a time.</summary>
    Submit,

    /// <summary>To take one or all of its requests out.</summary>
    Clear,
}

/// <summary>Something that is asked of a list.</summary>
internal sealed record ScanListCommand
{
    /// <summary>What is asked.</summary>
    public required ScanListCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>The list.</summary>
    public required string List { get; init; }

    /// <summary>The request that is to be kept.</summary>
    public ScanRequest? Request { get; init; }

    /// <summary>The id of the request: that it is to have, or the one to take out; null for a new one, or for all.</summary>
    public Guid? Id { get; init; }

    /// <summary>Whether the person may submit while somebody else has control of the beamline.</summary>
    public bool MayOverride { get; init; }

    /// <summary>The person's roles that may submit scans.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>When it is to be put into its queue, UTC; null for now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>JSON of lists.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ListAdded))]
[JsonSerializable(typeof(ListCleared))]
[JsonSerializable(typeof(ListTimed))]
[JsonSerializable(typeof(ListSubmitted))]
[JsonSerializable(typeof(ScanListRecord))]
[JsonSerializable(typeof(ScanRequest))]
[JsonSerializable(typeof(ScanListCommand))]
[JsonSerializable(typeof(ScanListOutcome))]
internal sealed partial class ScanListJson : JsonSerializerContext;
