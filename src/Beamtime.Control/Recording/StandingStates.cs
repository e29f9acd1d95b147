using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>The states of the beamline as they stand, and what of them changes. One loop uses it.</summary>
/// <param name="topic">Where they are told.</param>
/// <param name="signal">Set when something was told.</param>
internal sealed class StandingStates(Topic<BeamlineStateList> topic, TopicSignal signal) : IDisposable
{
    private readonly Subscription<BeamlineStateList> _told = topic.SubscribeLossy(signal);
    private readonly BeamlineStateList[] _batch = new BeamlineStateList[16];
    private readonly Dictionary<string, BeamlineStateChange> _standing = new(StringComparer.Ordinal);

    /// <summary>Learns what was told before this began.</summary>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask LearnAsync(CancellationToken cancel)
    {
        if (await topic.LastAsync(cancel) is { } last)
        {
            Take(last.Message, [], static (_, _) => { });
        }
    }

    /// <summary>Puts what stands into a recording that begins.</summary>
    /// <param name="recording">The recording.</param>
    public void PutInto(OpenRecording recording)
    {
        foreach (var state in _standing.Values)
        {
            recording.PutState(state);
        }
    }

    /// <summary>Puts what changed into the recordings that are open.</summary>
    /// <param name="open">The recordings.</param>
    /// <param name="tell">Takes the fault that ends writing one.</param>
    public void Read(IReadOnlyCollection<OpenRecording> open, Action<Guid, Reason> tell)
    {
        int read;
        while ((read = _told.Read(_batch)) > 0)
        {
            foreach (var list in _batch.Take(read))
            {
                Take(list, open, tell);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _told.Dispose();

    private void Take(BeamlineStateList list, IReadOnlyCollection<OpenRecording> open, Action<Guid, Reason> tell)
    {
        // A label alone, such as the current of the ring, is no change; what came and went between two looks is.
        var changes = list.States
            .Where(c => !_standing.TryGetValue(c.Name, out var before) || before.Status != c.Status || before.At != c.At)
            .ToList();
        // Scans that begin from now on know nothing of a state that was taken out.
        foreach (var gone in _standing.Keys.Except(list.States.Select(s => s.Name)).ToList())
        {
            _standing.Remove(gone);
        }

        foreach (var change in changes)
        {
            _standing[change.Name] = change;
            foreach (var recording in open)
            {
                if (recording.PutState(change) is { } fault)
                {
                    tell(recording.Scan.Scan, fault);
                }
            }
        }
    }
}
