namespace Beamtime.Sdk.Devices;

/// <summary>
/// A device that takes readings by itself once it is kicked off: a controller that moves and triggers, or a detector that
/// is armed and follows hardware triggers. Each reading says to which point it belongs.
/// </summary>
public interface IFlyer
{
    /// <summary>Begins; returns as soon as it flies, or is armed.</summary>
    /// <param name="flight">What it shall do.</param>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask KickoffAsync(FlightParameters flight, CancellationToken cancel);

    /// <summary>
    /// The readings of the flight as they come, until it is over. Called once a flight, after
    /// <see cref="KickoffAsync"/>.
    /// </summary>
    /// <param name="cancel">Fires on stop, and when the flight is given up.</param>
    IAsyncEnumerable<FlownReadings> CollectAsync(CancellationToken cancel);
}

/// <summary>A device whose work can be held and resumed in the middle: a flyer that can stop between two triggers.</summary>
public interface IHoldable
{
    /// <summary>Holds; the task ends when nothing more happens.</summary>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask HoldAsync(CancellationToken cancel);

    /// <summary>Goes on where it was held.</summary>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask ResumeAsync(CancellationToken cancel);
}

/// <summary>What a flyer shall do.</summary>
public sealed record FlightParameters
{
    /// <summary>Points of the flight, 0 when the flyer decides.</summary>
    public int Points { get; init; }

    /// <summary>The axes that the flyer itself moves, in the order of <see cref="Positions"/>; device names or words of its own.</summary>
    public IReadOnlyList<string> Axes { get; init; } = [];

    /// <summary>Where the points lie, a row a point, in each axis' unit; empty when the flyer decides.</summary>
    public IReadOnlyList<double[]> Positions { get; init; } = [];

    /// <summary>Exposure of one frame, s, ≥ 0.</summary>
    public double ExposureSeconds { get; init; }

    /// <summary>Frames that one trigger acquires, ≥ 1.</summary>
    public int FramesPerTrigger { get; init; } = 1;

    /// <summary>Further parameters by name, in units that the flyer documents.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();
}

/// <summary>The readings of a flyer for one point.</summary>
/// <param name="Index">The point within the flight, from 0.</param>
/// <param name="Row">Its hinted and normal signals, in the order of <see cref="IDevice.Signals"/>; not changed afterwards.</param>
public readonly record struct FlownReadings(int Index, Reading[] Row);
