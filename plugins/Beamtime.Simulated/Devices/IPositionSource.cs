namespace Beamtime.Simulated.Devices;

/// <summary>A simulated device that others look at: a monitor at its motor, a camera at its rotation stage.</summary>
internal interface IPositionSource
{
    /// <summary>The present value; cheap, from any thread.</summary>
    double Position { get; }
}
