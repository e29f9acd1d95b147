using System.Text.Json.Serialization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What a device can do, by the interfaces that its driver has.</summary>
[Flags]
internal enum DeviceAbilities
{
    /// <summary>It can be read.</summary>
    None = 0,

    /// <summary>It can be set.</summary>
    Settable = 1,

    /// <summary>It acquires when told.</summary>
    Triggered = 2,

    /// <summary>It is made ready for a scan.</summary>
    Staged = 4,

    /// <summary>It wants a call before the first point.</summary>
    PreScan = 8,

    /// <summary>It finishes what a scan began.</summary>
    Completing = 16,

    /// <summary>It takes readings by itself once it is kicked off.</summary>
    Flying = 1 << 8,

    /// <summary>Its work can be held and resumed.</summary>
    Holdable = 1 << 9,

    /// <summary>It publishes changes on its own.</summary>
    Publishing = 1 << 10,
}

/// <summary>A device as everybody but its server knows it.</summary>
internal sealed record DeviceDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its class.</summary>
    public required string DeviceClass { get; init; }

    /// <summary>When it is read.</summary>
    public required ReadoutPriority ReadoutPriority { get; init; }

    /// <summary>True: cannot be set.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>True: triggered at each point.</summary>
    public bool SoftwareTrigger { get; init; }

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Free grouping.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What it can do.</summary>
    public DeviceAbilities Abilities { get; init; }

    /// <summary>Who may use it at the same time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DeviceOwnership Ownership { get; init; }

    /// <summary>Its signals, in the order of readings; empty for one that cannot be used.</summary>
    public IReadOnlyList<Signal> Signals { get; init; } = [];

    /// <summary>Its methods; null for none.</summary>
    public IReadOnlyList<DeviceMethod>? Methods { get; init; }

    /// <summary>Devices that must be connected before it; null for none.</summary>
    public IReadOnlyList<string>? Needs { get; init; }

    /// <summary>Why it cannot be used; null when it can.</summary>
    public Reason? Unusable { get; init; }

    /// <summary>The description of a configured device.</summary>
    /// <param name="entry">Its configuration.</param>
    /// <param name="device">Its driver, connected; null for one that is out.</param>
    /// <param name="unusable">Why it is out.</param>
    /// <param name="limits">Limits of its main signal in the place of the driver's; null for the driver's.</param>
    public static DeviceDescription Of(
        DeviceEntry entry, IDevice? device, Reason? unusable, (double Low, double High)? limits = null) => new()
    {
        Name = entry.Name,
        DeviceClass = entry.DeviceClass,
        ReadoutPriority = entry.ReadoutPriority,
        ReadOnly = entry.ReadOnly,
        SoftwareTrigger = entry.SoftwareTrigger,
        Description = entry.Description,
        Tags = entry.DeviceTags,
        Abilities = (device is ISettable ? DeviceAbilities.Settable : 0)
            | (device is ITriggered ? DeviceAbilities.Triggered : 0)
            | (device is IStaged ? DeviceAbilities.Staged : 0)
            | (device is IPreScan ? DeviceAbilities.PreScan : 0)
            | (device is ICompleting ? DeviceAbilities.Completing : 0)
            | (device is IFlyer ? DeviceAbilities.Flying : 0)
            | (device is IHoldable ? DeviceAbilities.Holdable : 0)
            | (device is IMonitored ? DeviceAbilities.Publishing : 0),
        Methods = (device as ICallable)?.Methods is { Count: > 0 } methods ? methods : null,
        Needs = entry.Needs.Count > 0 ? entry.Needs : null,
        Ownership = (device as IOwned)?.Ownership ?? DeviceOwnership.Claimable,
        Signals = device is null ? []
            : limits is null ? device.Signals
            : [.. device.Signals.Select(s => s is { Kind: SignalKind.Hinted, IsSettable: true } ? s with { Limits = limits } : s)],
        Unusable = unusable,
    };
}
