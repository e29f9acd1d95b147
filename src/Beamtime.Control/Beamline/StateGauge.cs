namespace Beamtime.Control.Beamline;

/// <summary>
/// The status of one state over time: it gets worse at once, and better only after it has been better without interruption
/// for as long as it must hold.
/// </summary>
/// <param name="hold">How long it must hold.</param>
/// <param name="time">The clock.</param>
internal sealed class StateGauge(TimeSpan hold, TimeProvider time)
{
    private long? _betterSince;
    private bool _wasKnown;

    /// <summary>The status now.</summary>
    public StateStatus Status { get; private set; } = StateStatus.Unknown;

    /// <summary>What was seen last, for people.</summary>
    public string Label { get; private set; } = "it was not read yet";

    /// <summary>Takes what was seen.</summary>
    /// <param name="seen">The status that it has by itself.</param>
    /// <param name="label">Why.</param>
    /// <returns>True when the status changed.</returns>
    public bool Take(StateStatus seen, string label)
    {
        var before = Status;
        Label = label;
        if (seen <= Status)
        {
            _betterSince = null;
            Status = seen;
        }
        else
        {
            _betterSince ??= time.GetTimestamp();
            // The first look at all has nothing to recover from.
            if (!_wasKnown || time.GetElapsedTime(_betterSince.Value) >= hold)
            {
                _betterSince = null;
                Status = seen;
            }
            else
            {
                Label = $"{label}; not for {hold.TotalSeconds:0.#} s yet";
            }
        }

        _wasKnown |= Status != StateStatus.Unknown;
        return Status != before;
    }
}
