using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>An alarm that somebody outside the scan server raises; asked again with its id it is raised once.</summary>
internal sealed record AlarmCommand
{
    /// <summary>The id that it is to have.</summary>
    public required Guid Id { get; init; }

    /// <summary>Id of the person who raises it.</summary>
    public required Guid Who { get; init; }

    /// <summary>How much it matters.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>The program or part that raises it.</summary>
    public required string Source { get; init; }

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>Number or id of the scan that it is about; null for none.</summary>
    public string? Scan { get; init; }

    /// <summary>The device that it is about; null for none.</summary>
    public string? Device { get; init; }

    /// <summary>What else is known.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }
}

/// <summary>Raises alarms in the scan server: keeps them, tells them, and ends the scan that a major one names.</summary>
internal sealed class AlarmBell(AlarmStore store, ScanStore scans, ScanControl control, AlarmTopics topics, ScanOptions options, TimeProvider time)
{
    private const int MostDetails = 16;

    /// <summary>Answers who raises alarms from outside, until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(
        async (command, stop) => AlarmAnswer.Of((await RaiseAsync(command, stop)).OrThrow()), cancel);

    /// <summary>Raises an alarm of the program itself.</summary>
    /// <param name="raised">The alarm.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<StreamState<AlarmRecord>> RaiseAsync(AlarmRaised raised, CancellationToken cancel) =>
        RaiseAsync(Guid.CreateVersion7(time.GetUtcNow()), raised, PersonId.System, cancel);

    /// <summary>Tells an alarm that was recorded with something else.</summary>
    /// <param name="alarm">The alarm.</param>
    /// <param name="cancel">Gives up.</param>
    public ValueTask TellAsync(StreamState<AlarmRecord> alarm, CancellationToken cancel) =>
        topics.Raised.PublishAsync(AlarmAnswer.Of(alarm), cancel);

    private async Task<Outcome<StreamState<AlarmRecord>>> RaiseAsync(AlarmCommand command, CancellationToken cancel)
    {
        List<Reason> reasons = [.. Against(command)];
        var scan = command.Scan is { } named ? await scans.FindAsync(options.Beamline, named, cancel) : null;
        if (command.Scan is not null && scan is null)
        {
            reasons.Add(ScanErrors.Unknown.Because($"There is no scan '{command.Scan}'."));
        }

        if (reasons.Count > 0)
        {
            return new Refused<StreamState<AlarmRecord>>(reasons);
        }

        var raised = new AlarmRaised(
            options.Beamline, command.Severity, command.Source, AlarmErrors.Raised.Because(command.Message))
        {
            Scan = scan is null ? null : Guid.Parse(scan.Id),
            ScanNumber = scan?.State!.Number,
            Device = command.Device,
            Details = command.Details,
        };
        return new Accepted<StreamState<AlarmRecord>>(await RaiseAsync(command.Id, raised, new PersonId(command.Who), cancel));
    }

    private async Task<StreamState<AlarmRecord>> RaiseAsync(Guid id, AlarmRaised raised, PersonId who, CancellationToken cancel)
    {
        var alarm = await store.RaiseAsync(id, raised, who, cancel);
        await TellAsync(alarm, cancel);
        if (raised is { Severity: AlarmSeverity.Major, Scan: { } scan })
        {
            // One that is over needs no end.
            await control.EndAsync(
                scan.ToString(), ScanEnd.Aborted, who, $"alarm: {raised.Reason.Message}", holdsOthers: false, cancel);
        }

        return alarm;
    }

    private static IEnumerable<Reason> Against(AlarmCommand command)
    {
        if (command.Message.Length is 0 or > ScanEnded.TextKept)
        {
            yield return AlarmErrors.Invalid.Because($"The message has {command.Message.Length} characters.");
        }

        if (command.Source.Length is 0 or > 64)
        {
            yield return AlarmErrors.Invalid.Because($"The source has {command.Source.Length} characters.");
        }

        if (command.Details is { } details
            && (details.Count > MostDetails || details.Any(d => d.Value is null || d.Key.Length + d.Value.Length > ScanEnded.TextKept)))
        {
            yield return AlarmErrors.Invalid.Because("There are too many details, or one of them is null or too long.");
        }
    }
}
