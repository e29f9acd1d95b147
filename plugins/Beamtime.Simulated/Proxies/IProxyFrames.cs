using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated.Proxies;

/// <summary>What a camera shows in place of its own pattern.</summary>
internal interface IProxyFrames : IFrameOverlay, IDisposable
{
    /// <summary>What it is, for people: "slits".</summary>
    string Description { get; }

    /// <summary>What can be set while it runs; all of them configuration.</summary>
    IReadOnlyList<Signal> Settings { get; }

    /// <summary>Looks at what it needs, such as a file.</summary>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">It is not there, or does not fit the camera.</exception>
    void Open();

    /// <summary>A scan begins.</summary>
    void Begin();

    /// <summary>Reads the settings.</summary>
    /// <param name="row">Takes them.</param>
    /// <param name="at">Now.</param>
    void Read(Span<Reading> row, DateTimeOffset at);

    /// <summary>Sets one of the settings.</summary>
    /// <param name="signal">The setting.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">Not this value.</exception>
    void Set(Signal signal, Value value);
}
