using System.Text.Json;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>What is done to the device configuration.</summary>
internal enum ConfigurationAction
{
    /// <summary>Another configuration takes the place of the present one.</summary>
    Set,

    /// <summary>Devices are added.</summary>
    Add,

    /// <summary>Devices are removed.</summary>
    Remove,

    /// <summary>Something about devices is changed.</summary>
    Update,

    /// <summary>All devices are constructed and connected anew.</summary>
    Reload,

    /// <summary>All devices are removed.</summary>
    Reset,

    /// <summary>Devices that failed are constructed and connected anew.</summary>
    Retry,

    /// <summary>An earlier configuration comes back.</summary>
    Restore,

    /// <summary>The change that is under way is taken back.</summary>
    Cancel,

    /// <summary>What the device server began with, where it is not what it had last.</summary>
    Start,
}

/// <summary>A wish to change the device configuration.</summary>
internal sealed record ConfigurationCommand
{
    /// <summary>What is done.</summary>
    public required ConfigurationAction Action { get; init; }

    /// <summary>Who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Devices by name: whole ones, or in an update the keys that change.</summary>
    public JsonElement? Devices { get; init; }

    /// <summary>Names of devices that are removed or tried again.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The revision that comes back.</summary>
    public int Revision { get; init; }

    /// <summary>True where the person has said that all devices shall go.</summary>
    public bool IsConfirmed { get; init; }
}

/// <summary>What became of a wish.</summary>
/// <param name="Revision">The configuration that is in force.</param>
/// <param name="Added">Devices that came.</param>
/// <param name="Removed">Devices that went.</param>
/// <param name="Changed">Devices that are otherwise than before.</param>
/// <param name="Failed">Devices among them that cannot be used, each with its reason.</param>
internal sealed record ConfigurationAnswer(
    int Revision,
    IReadOnlyList<string> Added,
    IReadOnlyList<string> Removed,
    IReadOnlyList<string> Changed,
    IReadOnlyList<FailedDevice> Failed);
