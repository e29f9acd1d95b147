using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>
/// Changes the device configuration of a beamline where it is known who uses which device: in the scan server. A change is
/// judged whole, written down, carried out by the device server and written down again; while a device is in use, nothing
/// about it is changed.
/// </summary>
internal sealed partial class DeviceConfigurator(
    ConfigurationStore store,
    DeviceBook book,
    DeviceLink link,
    DeviceLocks locks,
    DeviceTopics topics,
    TimeProvider time,
    ILogger<DeviceConfigurator> logger) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BookPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BookPoll = TimeSpan.FromMilliseconds(10);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile string _underWay = "";

    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop; a change under way is carried out to its end by the device server.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Configurations.ServeAsync(
        async (command, _) => await AnswerAsync(command, cancel), cancel);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<ConfigurationAnswer> AnswerAsync(ConfigurationCommand command, CancellationToken cancel)
    {
        if (command.Action == ConfigurationAction.Cancel)
        {
            var edited = await topics.Edits.AskAsync(RosterEdit.Cancelling, link.Options.StopDeadline, cancel);
            return new ConfigurationAnswer(edited.Revision, [], [], [], []);
        }

        if (!await _turn.WaitAsync(TimeSpan.Zero, cancel))
        {
            throw new RefusedException(DeviceErrors.ConfigurationBusy.Because($"The configuration is being changed: {_underWay}."));
        }

        try
        {
            _underWay = $"{command.Action.ToString().ToLowerInvariant()}{(command.Reason.Length > 0 ? ", " + command.Reason : "")}";
            await link.OwnedAsync(cancel);
            await ReconcileAsync(cancel);
            return await ChangeAsync(command, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    // What a program that died had begun: the device server says whether it has it.
    private async Task ReconcileAsync(CancellationToken cancel)
    {
        while (await store.BegunAsync(topics.Beamline, cancel) is { } begun)
        {
            if (book.Revision == begun.Revision && await store.FindAsync(topics.Beamline, begun.Revision, cancel) is { } found)
            {
                var before = await store.CurrentAsync(topics.Beamline, cancel);
                await store.ApplyAsync(
                    ConfigurationStore.Difference(
                        topics.Beamline, begun.Revision, Enum.Parse<ConfigurationAction>(begun.Action, ignoreCase: true), before?.Devices ?? [], found.Devices, []),
                    new Why(new PersonId(begun.Who), begun.Reason, CorrelationOf(begun.Revision)),
                    cancel);
            }
            else
            {
                await store.RefuseAsync(topics.Beamline, begun.Revision, cancel);
            }

            LogReconciled(begun.Revision, book.Revision);
        }
    }

    private async Task<ConfigurationAnswer> ChangeAsync(ConfigurationCommand command, CancellationToken cancel)
    {
        var current = await store.CurrentAsync(topics.Beamline, cancel)
            ?? throw DeviceErrors.ServerUnheard.Fault("No device server of the beamline has begun yet.");
        var restored = command.Action == ConfigurationAction.Restore ? await RestoredAsync(command.Revision, cancel) : null;
        var next = ConfigurationDraft.Of(current.Devices, command, restored).OrThrow();
        var retry = RetriedBy(command, current.Devices);
        var difference = ConfigurationStore.Difference(topics.Beamline, 0, command.Action, current.Devices, next, []);
        List<string> touched = [.. difference.Added, .. difference.Removed, .. difference.Changed, .. retry];
        if (touched.Count == 0)
        {
            return new ConfigurationAnswer(current.Revision, [], [], [], []);
        }

        var uses = Take(DeviceNeeds.WithDependents([.. current.Devices, .. next], touched));
        try
        {
            return await CarryOutAsync(command, current, next, retry, difference, cancel);
        }
        finally
        {
            uses.ForEach(locks.Release);
        }
    }

    private async Task<ConfigurationAnswer> CarryOutAsync(
        ConfigurationCommand command,
        StoredConfiguration current,
        IReadOnlyList<DeviceEntry> next,
        IReadOnlyList<string> retry,
        ConfigurationChanged difference,
        CancellationToken cancel)
    {
        var session = await link.Watch.SessionAsync(TimeSpan.Zero, cancel);
        var revision = await store.BeginAsync(topics.Beamline, command, next, current.FormerFile, cancel);
        RosterEdited edited;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Lost);
            // Twice: what fails at the last device is taken back.
            var allowed = Margin + (next.Aggregate(TimeSpan.Zero, (sum, e) => sum + e.ConnectionTimeout) * 2);
            edited = await topics.Edits.AskAsync(
                new RosterEdit(revision, next, retry, IsStrict: command.Action == ConfigurationAction.Update), allowed, both.Token);
        }
        catch (RefusedException)
        {
            await store.RefuseAsync(topics.Beamline, revision, CancellationToken.None);
            throw;
        }
        catch (OperationCanceledException) when (session.Why is { } why)
        {
            throw new FaultException(why);
        }

        var failed = edited.Failed.Select(f => f.Device);
        await store.ApplyAsync(
            difference with { Revision = revision, Failed = [.. failed] },
            new Why(new PersonId(command.Who), command.Reason, CorrelationOf(revision)),
            CancellationToken.None);
        var since = time.GetTimestamp();
        while (book.Revision != revision && time.GetElapsedTime(since) < BookPatience)
        {
            await Task.Delay(BookPoll, time, cancel);
        }

        return new ConfigurationAnswer(revision, difference.Added, difference.Removed, difference.Changed, edited.Failed);
    }

    private async Task<IReadOnlyList<DeviceEntry>> RestoredAsync(int revision, CancellationToken cancel) =>
        (await store.FindAsync(topics.Beamline, revision, cancel))?.Devices
            ?? throw new RefusedException(DeviceErrors.RevisionUnknown.Because($"There is no device configuration {revision}."));

    private IReadOnlyList<string> RetriedBy(ConfigurationCommand command, IReadOnlyList<DeviceEntry> current)
    {
        switch (command.Action)
        {
            case ConfigurationAction.Reload:
                return [.. current.Select(e => e.Name)];
            case ConfigurationAction.Retry when command.Names.Count == 0:
                var enabled = current.Where(e => e.Enabled).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
                return [.. book.Unusable.Select(u => u.Name).Where(enabled.Contains)];
            case ConfigurationAction.Retry:
                var reasons = ConfigurationDraft.UnknownAmong(command.Names, current).ToList();
                return reasons.Count == 0 ? command.Names : throw new RefusedException(reasons);
            default:
                return [];
        }
    }

    // All or none: who uses one of them is named.
    private List<DeviceUse> Take(IEnumerable<string> devices)
    {
        List<DeviceUse> taken = [];
        List<Reason> reasons = [];
        foreach (var device in devices)
        {
            if (locks.TryTakeForSet(device, out var use))
            {
                taken.Add(use);
            }
            else
            {
                reasons.Add(DeviceErrors.Busy.Because($"{device} is {use}."));
            }
        }

        if (reasons.Count > 0)
        {
            taken.ForEach(locks.Release);
            throw new RefusedException(reasons);
        }

        return taken;
    }

    private string CorrelationOf(int revision) => $"devices of {topics.Beamline} {revision}";

    [LoggerMessage(Level = LogLevel.Warning, Message = "It was not written what became of device configuration {Revision}; the device server has {Present}")]
    private partial void LogReconciled(int revision, int present);
}
