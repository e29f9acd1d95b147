using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Batons;

/// <summary>
/// Keeps the baton of a beamline in the scan server: while somebody has it, others submit no scans, unless they may override
/// it; they are then told who has it.
/// </summary>
internal sealed class BatonKeeper(LedgerStore ledger, PeopleStore people, BatonTopics topics, ScanOptions options)
{
    private volatile HeldBaton? _baton;

    /// <summary>Answers who takes it or puts it down, until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(
        async (command, stop) => (await DoAsync(command, stop)).OrThrow(), cancel);

    /// <summary>Knows who has it, from the record.</summary>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask LoadAsync(CancellationToken cancel) => _baton ??= await NamedAsync(await ReadAsync(cancel), cancel);

    /// <summary>Why somebody may not submit a scan now.</summary>
    /// <param name="asker">Who asks.</param>
    public IEnumerable<Reason> Against(ScanAsker asker)
    {
        if (NoticeFor(asker) is { } notice && !asker.MayOverride)
        {
            yield return ScanErrors.BatonHeld.Because(notice);
        }
    }

    /// <summary>What somebody is told who submits against the holder; null where nobody else has it.</summary>
    /// <param name="asker">Who asks.</param>
    public string? NoticeFor(ScanAsker asker) =>
        _baton is { Baton.Holder: { } holder } held && asker.Who.Value != holder && asker.Who != PersonId.System ? held.Words : null;

    /// <summary>Gives it to somebody, or takes it back.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<BatonRecord>> DoAsync(BatonCommand command, CancellationToken cancel)
    {
        await LoadAsync(cancel);
        var outcome = await ledger.DecideAsync(
            BatonRecord.Kind,
            options.Beamline,
            baton => (command.IsTaking, baton?.Holder) switch
            {
                (_, { } holder) when holder != command.Who && !command.IsOverride => new Refused<IReadOnlyList<BatonEntry>>(
                    [ScanErrors.BatonHeld.Because(_baton!.Words)]),
                (true, var holder) => new Accepted<IReadOnlyList<BatonEntry>>(
                    [new BatonTaken(options.Beamline, holder is not null && holder != command.Who)]),
                (false, null) => new Refused<IReadOnlyList<BatonEntry>>(
                    [ScanErrors.BatonFree.Because($"Nobody has control of {options.Beamline}.")]),
                _ => new Accepted<IReadOnlyList<BatonEntry>>([new BatonReleased()]),
            },
            new Why(
                new PersonId(command.Who),
                command.Reason.Length > 0 ? ScanEnded.Shortened(command.Reason) : command.IsTaking ? "took control" : "put control down",
                options.Beamline),
            null,
            cancel);
        if (outcome is Accepted<StreamState<BatonRecord>>(var changed))
        {
            _baton = await NamedAsync(changed.State!, cancel);
            return new Accepted<BatonRecord>(changed.State!);
        }

        return new Refused<BatonRecord>(((Refused<StreamState<BatonRecord>>)outcome).Reasons);
    }

    private async Task<HeldBaton> NamedAsync(BatonRecord baton, CancellationToken cancel)
    {
        var names = baton.Holder is { } holder ? await people.NamesAsync([new PersonId(holder)], cancel) : null;
        var name = names?.Values.FirstOrDefault() ?? "somebody";
        return new HeldBaton(baton, $"{name} has control of {options.Beamline} since {baton.Since:u}: {baton.Reason}.");
    }

    private async Task<BatonRecord> ReadAsync(CancellationToken cancel) =>
        (await ledger.LoadAsync(BatonRecord.Kind, options.Beamline, cancel)).State ?? new BatonRecord { Beamline = options.Beamline };

    private sealed record HeldBaton(BatonRecord Baton, string Words);
}

/// <summary>What is asked about the baton between processes.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class BatonTopics(TopicHub hub, string beamline)
{
    /// <summary>What is asked of the scan server.</summary>
    public RequestTopic<BatonCommand, BatonRecord> Commands { get; } = hub.Open(new RequestDeclaration<BatonCommand, BatonRecord>(
        $"{beamline}.baton-commands", 16, BatonJson.Default.BatonCommand, BatonJson.Default.BatonRecord, "scans.submit"));
}
