using System.Text.Json;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Devices that shall stop.</summary>
internal sealed record DeviceStopRequest
{
    /// <summary>Their names; null for all that are not read only, or for those in use.</summary>
    public IReadOnlyList<string>? Devices { get; init; }

    /// <summary>True to stop only devices that a scan uses.</summary>
    public bool Owned { get; init; }
}

/// <summary>What became of a stop.</summary>
/// <param name="Stopped">The devices that were told to stop.</param>
/// <param name="Failed">What failed; the other devices have stopped.</param>
internal sealed record DeviceStopAnswer(IReadOnlyList<string> Stopped, IReadOnlyList<Reason> Failed);

/// <summary>Arguments of a method.</summary>
internal sealed record DeviceCallRequest
{
    /// <summary>Values by position.</summary>
    public IReadOnlyList<JsonElement>? Arguments { get; init; }

    /// <summary>Values by name.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Named { get; init; }
}

/// <summary>What a method gave.</summary>
/// <param name="Device">The device.</param>
/// <param name="Method">The method.</param>
/// <param name="Value">What it gave; null for nothing.</param>
/// <param name="Unit">Its unit.</param>
internal sealed record DeviceCallAnswer(string Device, string Method, JsonElement? Value, string? Unit);

/// <summary>A device as a program that does not have its driver needs to know it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DeviceClass">Its class.</param>
/// <param name="Base">What it is: positioner, detector, signal or device.</param>
/// <param name="Ownership">Who may use it at the same time.</param>
/// <param name="ReadAccess">Whether it can be read.</param>
/// <param name="WriteAccess">Whether it can be set.</param>
/// <param name="Abilities">What else it can do.</param>
/// <param name="ReadoutPriority">When a scan reads it.</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="Tags">Free grouping.</param>
/// <param name="Needs">Devices that must be connected before it.</param>
/// <param name="Hints">Its main signals.</param>
/// <param name="Signals">All its signals.</param>
/// <param name="Methods">Its methods.</param>
internal sealed record DeviceDescriptor(
    string Name,
    string DeviceClass,
    string Base,
    DeviceOwnership Ownership,
    bool ReadAccess,
    bool WriteAccess,
    IReadOnlyList<string> Abilities,
    ReadoutPriority ReadoutPriority,
    string Description,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Needs,
    IReadOnlyList<string> Hints,
    IReadOnlyList<SignalDescriptor> Signals,
    IReadOnlyList<DeviceMethod> Methods)
{
    /// <summary>The descriptor of a usable device.</summary>
    /// <param name="device">The device.</param>
    public static DeviceDescriptor Of(KnownDevice device)
    {
        var about = device.Description;
        return new DeviceDescriptor(
            about.Name,
            about.DeviceClass,
            BaseOf(device),
            about.Ownership,
            true,
            device.CanDo(DeviceAbilities.Settable) && !about.ReadOnly && device.Signals.Any(s => s.IsSettable),
            [.. Enum.GetValues<DeviceAbilities>().Where(a => a != DeviceAbilities.None && device.CanDo(a)).Select(a => DeviceFile.ToSnakeCase(a.ToString()))],
            about.ReadoutPriority,
            about.Description,
            about.Tags,
            about.Needs ?? [],
            [.. device.Signals.Where(s => s.Kind == SignalKind.Hinted).Select(s => s.Name)],
            [.. device.Signals.Select(s => SignalDescriptor.Of(about.Name, s))],
            about.Methods ?? []);
    }

    private static string BaseOf(KnownDevice device) => device switch
    {
        _ when device.Hinted is { IsSettable: true, Type: SignalType.Float } && device.CanDo(DeviceAbilities.Settable) => "positioner",
        _ when device.CanDo(DeviceAbilities.Triggered) => "detector",
        { Signals.Count: 1 } => "signal",
        _ => "device",
    };
}

/// <summary>A signal as a program that does not have its driver needs to know it.</summary>
/// <param name="Name">Its name, also in files.</param>
/// <param name="Address">How it is addressed: <c>device.signal</c>.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Type">What its values are made of.</param>
/// <param name="Shape">Shape of an array; empty for a scalar.</param>
/// <param name="Unit">Unit symbol.</param>
/// <param name="IsSettable">Whether it can be set.</param>
/// <param name="Low">Lowest target.</param>
/// <param name="High">Highest target.</param>
/// <param name="Choices">Names of its values from 0.</param>
/// <param name="Description">What it means.</param>
internal sealed record SignalDescriptor(
    string Name,
    string Address,
    SignalKind Kind,
    SignalType Type,
    IReadOnlyList<int> Shape,
    string? Unit,
    bool IsSettable,
    double? Low,
    double? High,
    IReadOnlyList<string>? Choices,
    string Description)
{
    /// <summary>The descriptor of a signal.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="signal">The signal.</param>
    public static SignalDescriptor Of(string device, Signal signal) => new(
        signal.Name,
        signal.Name == device ? device : $"{device}.{DeviceSettings.ShortName(device, signal)}",
        signal.Kind,
        signal.Type,
        signal.Shape,
        signal.Unit,
        signal.IsSettable,
        SignalAnswer.Finite(signal.Limits?.Low),
        SignalAnswer.Finite(signal.Limits?.High),
        signal.Choices,
        signal.Description);
}

/// <summary>A change of a signal, as those who follow devices are told.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal; empty for the first event, which says that the others follow.</param>
/// <param name="Value">Its value; null when there is none.</param>
/// <param name="Unit">Unit symbol.</param>
/// <param name="At">When it was taken, UTC.</param>
internal sealed record DeviceEvent(string Device, string Signal, JsonElement? Value, string? Unit, DateTimeOffset? At);
