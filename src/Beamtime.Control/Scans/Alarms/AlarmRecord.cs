using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>How much an alarm matters.</summary>
internal enum AlarmSeverity
{
    /// <summary>To be known; nothing stops.</summary>
    Warning,

    /// <summary>Something failed; what runs goes on.</summary>
    Minor,

    /// <summary>The scan that it names ends.</summary>
    Major,
}

/// <summary>Whether somebody has taken note of an alarm.</summary>
internal enum AlarmState
{
    /// <summary>Nobody has.</summary>
    Open,

    /// <summary>Somebody has.</summary>
    Acknowledged,
}

/// <summary>The allowed moves between states of an alarm.</summary>
internal static class AlarmStates
{
    extension(AlarmState from)
    {
        /// <summary>Whether an alarm may move to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(AlarmState to) => (from, to) is (AlarmState.Open, AlarmState.Acknowledged);
    }
}

/// <summary>What happens to an alarm.</summary>
internal abstract record AlarmEntry;

/// <summary>It was raised.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Source">The part or program that raises it: <c>scan</c>, <c>interlock</c>.</param>
/// <param name="Reason">What is wrong, by a permanent code, and what to do.</param>
internal sealed record AlarmRaised(string Beamline, AlarmSeverity Severity, string Source, Reason Reason) : AlarmEntry
{
    /// <summary>The scan that it is about; null for none.</summary>
    public Guid? Scan { get; init; }

    /// <summary>That scan's number.</summary>
    public int? ScanNumber { get; init; }

    /// <summary>The device that it is about; null for none.</summary>
    public string? Device { get; init; }

    /// <summary>What else is known.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }
}

/// <summary>Somebody has taken note of it.</summary>
/// <param name="Comment">What that person says about it; empty for nothing.</param>
internal sealed record AlarmAcknowledged(string Comment) : AlarmEntry;

/// <summary>An alarm as its entries tell it.</summary>
internal sealed record AlarmRecord
{
    /// <summary>What was raised.</summary>
    public required AlarmRaised Raised { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether somebody has taken note of it.</summary>
    public AlarmState State { get; init; }

    /// <summary>Id of the person who has; null for nobody.</summary>
    public Guid? AcknowledgedBy { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>What that person said about it.</summary>
    public string? Comment { get; init; }

    /// <summary>The stream of alarms in the ledger.</summary>
    public static readonly StreamKind<AlarmRecord, AlarmEntry> Kind = new(
        "alarm",
        foldVersion: 1,
        Fold,
        new EntryTypes<AlarmEntry>()
            .Add("alarm.raised", 1, AlarmJson.Default.AlarmRaised)
            .Add("alarm.acknowledged", 1, AlarmJson.Default.AlarmAcknowledged),
        AlarmJson.Default.AlarmRecord,
        alarm => new RecordIndex(
            alarm.Raised.Beamline, alarm.Raised.ScanNumber, alarm.Raised.Severity.ToString(), alarm.State.ToString()),
        AlarmWords.Of);

    private static AlarmRecord Fold(AlarmRecord? alarm, Entry<AlarmEntry> entry) => (alarm, entry.Data) switch
    {
        (null, AlarmRaised raised) => new AlarmRecord { Raised = raised, At = entry.At },
        ({ } before, AlarmAcknowledged acknowledged) when before.State.CanBecome(AlarmState.Acknowledged) => before with
        {
            State = AlarmState.Acknowledged,
            AcknowledgedBy = entry.Why.Who.Value,
            AcknowledgedAt = entry.At,
            Comment = acknowledged.Comment,
        },
        _ => throw new InvalidOperationException($"An alarm cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };
}

/// <summary>What an alarm's entries say on the timeline.</summary>
internal static class AlarmWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(AlarmEntry entry) => entry switch
    {
        AlarmRaised raised => new EntryWords($"{raised.Severity.ToString().ToLowerInvariant()}: {raised.Reason.Message}")
        {
            IsTrouble = raised.Severity != AlarmSeverity.Warning,
            Details =
            [
                new EntryDetail("code", raised.Reason.Code),
                new EntryDetail("source", raised.Source),
                .. raised.ScanNumber is { } number ? [new EntryDetail("scan", EntryWords.ScanNumber(number))] : (EntryDetail[])[],
                .. raised.Device is { } device ? [new EntryDetail("device", device)] : (EntryDetail[])[],
                .. (raised.Details ?? new Dictionary<string, string>()).Select(d => new EntryDetail(d.Key, d.Value)),
            ],
        },
        AlarmAcknowledged { Comment: "" } => new EntryWords("acknowledged"),
        AlarmAcknowledged acknowledged => new EntryWords($"acknowledged: {acknowledged.Comment}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>An alarm as REST tells it.</summary>
internal sealed record AlarmAnswer
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>How much it matters.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>Whether somebody has taken note of it.</summary>
    public required AlarmState State { get; init; }

    /// <summary>When it was raised, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The part or program that raised it.</summary>
    public required string Source { get; init; }

    /// <summary>What is wrong, by a permanent code, and what to do.</summary>
    public required Reason Reason { get; init; }

    /// <summary>Number of the scan that it is about.</summary>
    public int? Scan { get; init; }

    /// <summary>The device that it is about.</summary>
    public string? Device { get; init; }

    /// <summary>What else is known.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }

    /// <summary>Who has taken note of it, by id.</summary>
    public Guid? AcknowledgedBy { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>What that person said about it.</summary>
    public string? Comment { get; init; }

    /// <summary>The answer for an alarm.</summary>
    /// <param name="alarm">The alarm.</param>
    public static AlarmAnswer Of(StreamState<AlarmRecord> alarm)
    {
        var (record, raised) = (alarm.State!, alarm.State!.Raised);
        return new AlarmAnswer
        {
            Id = Guid.Parse(alarm.Id),
            Beamline = raised.Beamline,
            Severity = raised.Severity,
            State = record.State,
            At = record.At,
            Source = raised.Source,
            Reason = raised.Reason,
            Scan = raised.ScanNumber,
            Device = raised.Device,
            Details = raised.Details,
            AcknowledgedBy = record.AcknowledgedBy,
            AcknowledgedAt = record.AcknowledgedAt,
            Comment = record.Comment,
        };
    }
}

/// <summary>A page of alarms.</summary>
/// <param name="Items">The alarms of this page, newest first.</param>
/// <param name="Total">How many there are on all pages.</param>
internal sealed record AlarmPage(IReadOnlyList<AlarmAnswer> Items, long Total);

/// <summary>JSON of alarms.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AlarmRaised))]
[JsonSerializable(typeof(AlarmAcknowledged))]
[JsonSerializable(typeof(AlarmRecord))]
[JsonSerializable(typeof(AlarmAnswer))]
[JsonSerializable(typeof(AlarmCommand))]
internal sealed partial class AlarmJson : JsonSerializerContext;
