using System.Text.Json.Serialization;
using Beamtime.Control.Scans.Groups;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>What happens to a scan.</summary>
internal abstract record ScanEntry;

/// <summary>It was accepted and waits in a queue.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Number">Its number there.</param>
/// <param name="Queue">The queue's name.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Dataset">Its dataset number; null in older entries.</param>
/// <param name="Group">The group that it belongs to; null for none.</param>
internal sealed record ScanAdmitted(
    string Beamline, int Number, string Queue, ScanRequest Request, int? Dataset = null, ScanGroup? Group = null) : ScanEntry;

/// <summary>It begins: recorded before anything moves.</summary>
/// <param name="Folder">Folder of its files.</param>
/// <param name="FilePrefix">How its files begin.</param>
/// <param name="PlannedPoints">Points planned.</param>
/// <param name="Origins">Where the positioners stood that the plan was made from, by device; null in older entries.</param>
/// <param name="FileSuffix">What the master file's name ends with; null for nothing.</param>
internal sealed record ScanStarted(
    string Folder, string FilePrefix, int PlannedPoints, IReadOnlyDictionary<string, double>? Origins = null,
    string? FileSuffix = null) : ScanEntry;

/// <summary>It is held between two points.</summary>
/// <param name="Points">Points taken so far.</param>
/// <param name="ByCrash">True where nobody asked for it: its program died.</param>
internal sealed record ScanPaused(int Points, bool? ByCrash = null) : ScanEntry;

/// <summary>It goes on.</summary>
internal sealed record ScanResumed : ScanEntry;

/// <summary>Its code has called a method of a device.</summary>
/// <param name="Device">The device.</param>
/// <param name="Method">The method.</param>
/// <param name="Arguments">Values in the order of its parameters.</param>
/// <param name="Result">What it gave; null for nothing.</param>
/// <param name="Reason">Why it failed; null when it did not.</param>
/// <param name="Point">Points taken by then.</param>
internal sealed record ScanCalled(
    string Device, string Method, IReadOnlyList<string> Arguments, string? Result, Reason? Reason, int Point) : ScanEntry;

/// <summary>It is over.</summary>
/// <param name="State">How.</param>
/// <param name="Points">Points taken.</param>
/// <param name="Reasons">Why it ended early; empty when it completed.</param>
internal sealed record ScanEnded(ScanState State, int Points, IReadOnlyList<Reason> Reasons) : ScanEntry
{
    /// <summary>Reasons that are kept; the last of them counts those that are not.</summary>
    public const int ReasonsKept = 16;

    /// <summary>Characters that are kept of a text.</summary>
    public const int TextKept = 500;

    /// <summary>The same, small enough for the record however many devices failed and however much they told.</summary>
    public ScanEnded Bounded()
    {
        Reason[] kept = [.. Reasons.Take(ReasonsKept).Select(
            reason => reason with { Message = Shortened(reason.Message), Remedy = Shortened(reason.Remedy) })];
        if (Reasons.Count > ReasonsKept)
        {
            kept[^1] = kept[^1] with { Message = $"{Reasons.Count - ReasonsKept + 1} more reasons are in the log." };
        }

        return this with { Reasons = kept };
    }

    /// <summary>The beginning of a text that is too long.</summary>
    /// <param name="text">The text.</param>
    public static string Shortened(string text)
    {
        if (text.Length <= TextKept)
        {
            return text;
        }

        var end = TextKept - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }
}

/// <summary>A scan as its entries tell it.</summary>
internal sealed record ScanRecord
{
    /// <summary>Its number at the beamline, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>The queue it was put into.</summary>
    public required string Queue { get; init; }

    /// <summary>What was asked for.</summary>
    public required ScanRequest Request { get; init; }

    /// <summary>Its dataset number; null where none was given.</summary>
    public int? Dataset { get; init; }

    /// <summary>The group that it belongs to; null for none.</summary>
    public ScanGroup? Group { get; init; }

    /// <summary>Where it stands.</summary>
    public required ScanState State { get; init; }

    /// <summary>Who asked for it.</summary>
    public required Guid Who { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset AdmittedAt { get; init; }

    /// <summary>When it began, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was over, UTC.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Points planned; 0 before the start or when unknown.</summary>
    public int PlannedPoints { get; init; }

    /// <summary>Points taken, as of the last entry.</summary>
    public int Points { get; init; }

    /// <summary>Folder of its files; null before the start.</summary>
    public string? Folder { get; init; }

    /// <summary>How its files begin; null before the start.</summary>
    public string? FilePrefix { get; init; }

    /// <summary>What the master file's name ends with; null for nothing.</summary>
    public string? FileSuffix { get; init; }

    /// <summary>True while it is held because its program died.</summary>
    public bool? IsHeldByCrash { get; init; }

    /// <summary>Where the positioners stood that its plan was made from, by device; null before the start.</summary>
    public IReadOnlyDictionary<string, double>? Origins { get; init; }

    /// <summary>Why it ended early.</summary>
    public IReadOnlyList<Reason> Reasons { get; init; } = [];

    /// <summary>Whether it has begun and is not over.</summary>
    [JsonIgnore]
    public bool HasBegun => State is ScanState.Running or ScanState.Paused;

    /// <summary>The stream of scans in the ledger; its id is the scan's.</summary>
    public static readonly StreamKind<ScanRecord, ScanEntry> Kind = new(
        "scan",
        foldVersion: 3,
        Fold,
        new EntryTypes<ScanEntry>()
            .Add("scan.admitted", 1, ScanJson.Default.ScanAdmitted)
            .Add("scan.started", 1, ScanJson.Default.ScanStarted)
            .Add("scan.paused", 1, ScanJson.Default.ScanPaused)
            .Add("scan.resumed", 1, ScanJson.Default.ScanResumed)
            .Add("scan.called", 1, ScanJson.Default.ScanCalled)
            .Add("scan.ended", 1, ScanJson.Default.ScanEnded),
        ScanJson.Default.ScanRecord,
        scan => new RecordIndex(scan.Beamline, scan.Number, scan.Request.Scan, scan.State.ToString()),
        ScanWords.Of);

    private static ScanRecord Fold(ScanRecord? scan, Entry<ScanEntry> entry) => (scan, entry.Data) switch
    {
        (null, ScanAdmitted admitted) => new ScanRecord
        {
            Number = admitted.Number,
            Beamline = admitted.Beamline,
            Queue = admitted.Queue,
            Request = admitted.Request,
            Dataset = admitted.Dataset,
            Group = admitted.Group,
            State = ScanState.Pending,
            Who = entry.Why.Who.Value,
            AdmittedAt = entry.At,
        },
        ({ } before, ScanStarted started) => before.Become(ScanState.Running) with
        {
            StartedAt = entry.At,
            Folder = started.Folder,
            FilePrefix = started.FilePrefix,
            FileSuffix = started.FileSuffix,
            PlannedPoints = started.PlannedPoints,
            Origins = started.Origins,
        },
        ({ } before, ScanPaused paused) => before.Become(ScanState.Paused) with { Points = paused.Points, IsHeldByCrash = paused.ByCrash },
        ({ } before, ScanCalled) => before,
        ({ } before, ScanResumed) => before.Become(ScanState.Running) with { IsHeldByCrash = null },
        ({ } before, ScanEnded ended) => before.Become(ended.State) with
        {
            EndedAt = entry.At,
            Points = ended.Points,
            Reasons = ended.Reasons,
        },
        _ => throw new InvalidOperationException($"A scan cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private ScanRecord Become(ScanState to) => State.CanBecome(to)
        ? this with { State = to }
        : throw new InvalidOperationException($"A scan that is {State} cannot become {to}.");
}

/// <summary>JSON of scans.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScanAdmitted))]
[JsonSerializable(typeof(ScanStarted))]
[JsonSerializable(typeof(ScanPaused))]
[JsonSerializable(typeof(ScanResumed))]
[JsonSerializable(typeof(ScanCalled))]
[JsonSerializable(typeof(ScanEnded))]
[JsonSerializable(typeof(SpooledEnd))]
[JsonSerializable(typeof(ScanRecord))]
[JsonSerializable(typeof(ScanRequest))]
[JsonSerializable(typeof(ScanAnswer))]
[JsonSerializable(typeof(ScanPage))]
[JsonSerializable(typeof(ScanGroupSummary[]))]
[JsonSerializable(typeof(ScanGroupAnswer))]
[JsonSerializable(typeof(ScanCatalogueEntry[]))]
[JsonSerializable(typeof(ScanCatalogueEntry))]
internal sealed partial class ScanJson : JsonSerializerContext;
