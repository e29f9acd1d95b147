namespace Beamtime.Sdk.Devices;

/// <summary>A device that shows frames or curves while it acquires. They are for viewers: thinned, and dropped where nobody keeps up.</summary>
public interface IPreviewing
{
    /// <summary>What it shows; fixed once connected, no name twice.</summary>
    IReadOnlyList<PreviewSignal> Previews { get; }

    /// <summary>Raised with a new frame, from any thread; handlers return quickly and keep the frame, which is not changed afterwards.</summary>
    event Action<PreviewSignal, PreviewFrame>? Previewed;
}

/// <summary>One sort of frame or curve that a device shows.</summary>
/// <param name="Name">Name within the device, an identifier.</param>
/// <param name="Dimensions">1 for a curve, 2 for a frame.</param>
/// <param name="QuarterTurns">How often a viewer turns it by 90 degrees to the left.</param>
/// <param name="IsTransposed">Whether a viewer swaps rows and columns, before turning.</param>
public sealed record PreviewSignal(string Name, int Dimensions = 2, int QuarterTurns = 0, bool IsTransposed = false);

/// <summary>A frame or a curve to look at.</summary>
/// <param name="Rows">Rows; 1 for a curve.</param>
/// <param name="Columns">Columns, pixels.</param>
/// <param name="Pixels">The values in row-major order, rows times columns of them.</param>
/// <param name="At">When it was taken, UTC.</param>
public sealed record PreviewFrame(int Rows, int Columns, ReadOnlyMemory<float> Pixels, DateTimeOffset At);

/// <summary>A device that says how far it is with what it does.</summary>
public interface IProgressing
{
    /// <summary>Raised when it is further, from any thread; handlers return quickly.</summary>
    event Action<DeviceProgress>? Progressed;
}

/// <summary>How far a device is.</summary>
/// <param name="Value">What is done.</param>
/// <param name="Most">What there is to do, in the same unit.</param>
/// <param name="IsDone">Whether it has ended.</param>
public readonly record struct DeviceProgress(double Value, double Most, bool IsDone);
