using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// Homing onto an encoder's index mark. The rotation stage of 2-BM misses the mark at the first home after power-up: the
/// stage stands at 0 but the index pulse stays 0, and only a second home finds it.
/// </summary>
/// <param name="name">The device's name.</param>
/// <param name="firstMisses">True for a stage with that fault.</param>
internal sealed class IndexHoming(string name, bool firstMisses)
{
    private int _homes;
    private bool _hasIndex;

    /// <summary>Any value set starts a home.</summary>
    public Signal Home { get; } = new()
    {
        Name = $"{name}_home", Kind = SignalKind.Omitted, Type = SignalType.Integer, IsSettable = true,
        Description = "Any value starts a home to 0; it has ended well when the index pulse is 1.",
    };

    /// <summary>1 when the last home has found the index mark.</summary>
    public Signal IndexPulse { get; } = new()
    {
        Name = $"{name}_index_pulse", Type = SignalType.Integer,
        Description = "1 when the last home has found the index mark, else 0.",
    };

    /// <summary>True when the last home has found the index mark.</summary>
    public bool HasIndex => Volatile.Read(ref _hasIndex);

    /// <summary>A home begins: what was known of the index is void.</summary>
    public void Begin() => Volatile.Write(ref _hasIndex, false);

    /// <summary>A home has ended at 0.</summary>
    public void Arrive() =>
        Volatile.Write(ref _hasIndex, Interlocked.Increment(ref _homes) > 1 || !firstMisses);
}
